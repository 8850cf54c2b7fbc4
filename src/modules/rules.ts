import { z } from 'zod';
import type { Encoding } from '../domain/types.ts';
import { SLUG } from '../kernel/ids.ts';

/** The rules that several nouns share. Messages never repeat the value. */

const pattern = (re: RegExp, words: string) => z.string().regex(re, { error: words });

/** Spec 2: letters and digits, single hyphens or spaces between them. `\s` of the seeds is the space alone. */
export const nameRule = pattern(
  /^[a-zA-Z0-9]+((-| )[a-zA-Z0-9]+)*$/,
  'must be letters and digits with single hyphens or spaces between them',
)
  .min(3, { error: 'must have at least 3 characters' })
  .max(100, { error: 'must have at most 100 characters' });

/** Empty means none. */
export const descriptionRule = z
  .string()
  .max(200, { error: 'must have at most 200 characters' })
  .regex(/^[a-zA-Z0-9.,?\s\\/'"()[\];`%^&*\-_:!]*$/, { error: 'holds a character that is not allowed' })
  .nullish()
  .transform((text) => (text ? text : null));

export const slugRule = pattern(SLUG, 'must be letters and digits with single hyphens between them').max(100, {
  error: 'must have at most 100 characters',
});

export const stageRule = slugRule.min(3, { error: 'must have at least 3 characters' });

export const tagRule = slugRule;

/** Ids that belong to the deploy platform. */
export const platformIdRule = pattern(/^[A-Za-z0-9-]+$/, 'must be letters, digits and hyphens').max(100, {
  error: 'must have at most 100 characters',
});

export const keyNameRule = pattern(
  /^[a-zA-Z0-9_./-]+$/,
  'must be letters, digits, underscores, hyphens, slashes and dots',
).max(256, { error: 'must have at most 256 characters' });

export const idempotencyKeyRule = z
  .string()
  .min(1, { error: 'must not be empty' })
  .max(200, { error: 'must have at most 200 characters' })
  .nullish();

export const revisionRule = z.int().min(1, { error: 'must be at least 1' }).nullish();

/** A list without repeats. */
export function distinct<T extends z.ZodType>(item: T, keyOf: (value: z.output<T>) => string, most = 100) {
  return z
    .array(item)
    .max(most, { error: `must have at most ${most} entries` })
    .superRefine((values, ctx) => {
      const seen = new Set<string>();
      values.forEach((value, i) => {
        const key = keyOf(value);
        if (seen.has(key)) {
          ctx.addIssue({ code: 'custom', path: [i], params: { rule: 'unique' }, message: 'is given twice' });
        }
        seen.add(key);
      });
    });
}

export const tagsRule = distinct(tagRule, (tag) => tag);

/** Text that an environment can hold: well-formed, without NUL. */
export const valueRule = z
  .string()
  .refine((text) => text.isWellFormed(), { error: 'holds a lone surrogate', params: { rule: 'unicode' } })
  .refine((text) => !text.includes('\0'), { error: 'holds a NUL character', params: { rule: 'unicode' } });

/** Variables come as a list of named values; inside they are a map, so that no name is special. */
export const variablesRule = distinct(
  z.strictObject({ name: keyNameRule, value: valueRule }),
  (variable) => variable.name,
  Number.MAX_SAFE_INTEGER,
).transform((list) => new Map(list.map(({ name, value }) => [name, value])));

const FORBIDDEN_ROOTS = new Set(['proc', 'sys', 'dev']);

/** Absolute, in one spelling only, and nowhere that the system or git keeps its own. */
function pathProblem(path: string): string | null {
  if (path.length > 1024) return 'must have at most 1024 characters';
  if (!path.startsWith('/')) return 'must be absolute';
  if (!path.isWellFormed() || path !== path.normalize('NFC')) return 'must be well-formed text in NFC';
  if (/[\p{Cc}\p{Zl}\p{Zp}\\]/u.test(path)) return 'holds a control character, a line separator or a backslash';
  const segments = path.slice(1).split('/');
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..')) {
    return 'must have no empty, `.` or `..` segment';
  }
  if (FORBIDDEN_ROOTS.has(segments[0] ?? '')) return 'must not lie in /proc, /sys or /dev';
  if (segments.some((segment) => segment.toLowerCase() === '.git')) return 'must not lie in a .git folder';
  return null;
}

export const pathRule = z.string().superRefine((path, ctx) => {
  const message = pathProblem(path);
  if (message) ctx.addIssue({ code: 'custom', params: { rule: 'path' }, message });
});

export const mountNameRule = pattern(
  /^[a-zA-Z0-9_.][a-zA-Z0-9_.-]*$/,
  'must be letters, digits, underscores, dots and hyphens, and not begin with a hyphen',
)
  .max(256, { error: 'must have at most 256 characters' })
  .refine((name) => name !== '.' && name !== '..', { error: 'must not be `.` or `..`', params: { rule: 'path' } });

/** Bytes that people uploaded. */
export interface Upload {
  readonly bytes: Uint8Array;
  readonly encoding: Encoding;
}

/** Strict canonical base64: its one spelling and no other. */
export function decodeBase64(data: string): Uint8Array | null {
  const bytes = Buffer.from(data, 'base64');
  return bytes.toString('base64') === data ? bytes : null;
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

const uploadFields = { data: z.string(), encoding: z.enum(['utf-8', 'binary']).nullish() };

function toUpload(file: { data: string; encoding?: Encoding | null | undefined }, ctx: z.RefinementCtx): Upload {
  const bytes = decodeBase64(file.data);
  const encoding = file.encoding ?? 'utf-8';
  if (!bytes) {
    ctx.addIssue({ code: 'custom', path: ['data'], params: { rule: 'base64' }, message: 'must be canonical base64' });
    return z.NEVER;
  }
  if (encoding === 'utf-8' && !isUtf8(bytes)) {
    const message = 'is not UTF-8 text; give the encoding BINARY to store bytes';
    ctx.addIssue({ code: 'custom', path: ['data'], params: { rule: 'utf8' }, message });
    return z.NEVER;
  }
  return { bytes, encoding };
}

export const fileRule = z
  .strictObject({ path: pathRule, ...uploadFields })
  .transform((file, ctx) => ({ name: file.path, upload: toUpload(file, ctx) }));

export const mountRule = z
  .strictObject({ name: mountNameRule, ...uploadFields })
  .transform((mount, ctx) => ({ name: mount.name, upload: toUpload(mount, ctx) }));

type NamedUpload = { readonly name: string; readonly upload: Upload };
const toMap = (list: readonly NamedUpload[]) => new Map(list.map(({ name, upload }) => [name, upload]));
const uploads = (rule: typeof fileRule | typeof mountRule) => distinct(rule, ({ name }) => name, 2000).transform(toMap);

export const filesRule = uploads(fileRule);
export const mountsRule = uploads(mountRule);
