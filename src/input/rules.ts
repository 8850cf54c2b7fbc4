import { z } from 'zod';
import type { Encoding } from '../domain/types.ts';
import { MAX_PROBLEMS } from '../kernel/errors.ts';
import { SLUG } from '../kernel/ids.ts';
import './words.ts';

/** The rules that several nouns share. Messages never repeat the value. */

/** Length first: the backtracking of a pattern runs out of stack on a text of megabytes. All three are told to whoever describes it. */
export const pattern = (re: RegExp, words: string, min: number, max: number) =>
  z
    .string()
    .superRefine((text, ctx) => {
      const refuse = (rule: string, message: string) => ctx.addIssue({ code: 'custom', params: { rule }, message });
      if (text.length > max) return refuse('max', `must have at most ${max} characters`);
      if (text.length < min) refuse('min', `must have at least ${min} characters`);
      if (!re.test(text)) refuse('pattern', words);
    })
    .meta({ minLength: min, maxLength: max, pattern: re.source });

/** Spec 2: letters and digits, single hyphens or spaces between them. `\s` of the seeds is the space alone. */
export const nameRule = pattern(
  /^[a-zA-Z0-9]+((-| )[a-zA-Z0-9]+)*$/,
  'must be letters and digits with single hyphens or spaces between them',
  3,
  100,
);

/** Empty means none. */
export const descriptionRule = pattern(
  /^[a-zA-Z0-9.,?\s\\/'"()[\];`%^&*\-_:!]*$/,
  'must be letters, digits, white space and any of . , ? \\ / \' " ( ) [ ] ; ` % ^ & * - _ : !',
  0,
  200,
)
  .nullish()
  .transform((text) => (text ? text : null));

const slugOf = (min: number) => pattern(SLUG, 'must be letters and digits with single hyphens between them', min, 100);

export const slugRule = slugOf(1);
export const stageRule = slugOf(3);
/** Ids that belong to the deploy platform. */
export const platformIdRule = pattern(/^[A-Za-z0-9-]+$/, 'must be letters, digits and hyphens', 1, 100);

export const keyNameRule = pattern(
  /^[a-zA-Z0-9_./-]+$/,
  'must be letters, digits, underscores, hyphens, slashes and dots',
  1,
  256,
);

export const idempotencyKeyRule = z
  .string()
  .min(1, { error: 'must not be empty' })
  .max(200, { error: 'must have at most 200 characters' })
  .nullish();

/** Absent: no. */
export const flagRule = z
  .boolean()
  .nullish()
  .transform((given) => given ?? false);

export const revisionRule = z.int().min(1, { error: 'must be at least 1' }).nullish();

/** Says of a list what is wrong with it, until there is more than anybody is told. */
function judgeItems<T extends z.ZodType>(
  item: T,
  values: readonly unknown[],
  keyOf: ((value: z.output<T>) => string) | null,
  report: (issue: object, path: readonly PropertyKey[]) => void,
): z.output<T>[] {
  const items: z.output<T>[] = [];
  const seen = new Set<string>();
  let problems = 0;
  for (const [i, value] of values.entries()) {
    const parsed = item.safeParse(value);
    const issues = parsed.error?.issues ?? [];
    for (const issue of issues) report(issue, [i, ...issue.path]);
    const found = (parsed.success ? parsed.data : value) as z.output<T>;
    items.push(found);
    const isRepeated = keyOf !== null && seen.size === seen.add(keyOf(found)).size;
    if (isRepeated)
      report({ code: 'custom', params: { rule: 'unique' }, message: 'is duplicated: once is enough' }, [i]);
    problems += issues.length + (isRepeated ? 1 : 0);
    if (problems > MAX_PROBLEMS) break;
  }
  return items;
}

interface ItemRule {
  readonly rule: z.ZodType;
  readonly isUnique: boolean;
}
/** Of each list, for whoever describes it: the list itself takes anything, and judges its items by hand. */
const itemRules = new WeakMap<z.ZodType, ItemRule>();
export const itemRuleOf = (list: z.ZodType): ItemRule | undefined => itemRules.get(list);

/**
 * A list whose length is judged before its items, and whose items are judged until there are as many problems as anybody is
 * told: one of 30,000 bad names costs no more than one of a hundred.
 */
function boundedList<T extends z.ZodType>(item: T, keyOf: ((value: z.output<T>) => string) | null, max: number) {
  const list = z
    .array(z.unknown())
    .max(max, { error: `must have at most ${max.toLocaleString('en')} entries`, abort: true });
  itemRules.set(list, { rule: item, isUnique: keyOf !== null });
  return list.transform((values, ctx) =>
    judgeItems(item, values, keyOf, (issue, path) => void ctx.issues.push({ ...issue, path, input: null } as never)),
  );
}

export const listOf = <T extends z.ZodType>(item: T, max: number) => boundedList(item, null, max);

/** A list without repeats. */
export const distinct = <T extends z.ZodType>(item: T, keyOf: (value: z.output<T>) => string, max = 100) =>
  boundedList(item, keyOf, max);

export const tagsRule = distinct(slugRule, (tag) => tag);

/** Text that an environment can hold: well-formed, without NUL. */
export const valueRule = z
  .string()
  .refine((text) => text.isWellFormed(), { error: 'contains an unpaired surrogate', params: { rule: 'unicode' } })
  .refine((text) => !text.includes('\0'), { error: 'contains a NUL character', params: { rule: 'unicode' } });

/** More than any limit on variables lets through: how many there may be is the operator's. */
const MAX_VARIABLES = 100_000;

/** Variables come as a list of named values; inside they are a map, so that no name is special. */
export const variablesRule = distinct(
  z.strictObject({ name: keyNameRule, value: valueRule }),
  (variable) => variable.name,
  MAX_VARIABLES,
).transform((list) => new Map(list.map(({ name, value }) => [name, value])));

const FORBIDDEN_ROOTS = new Set(['proc', 'sys', 'dev']);

/** Absolute, in one spelling only, and nowhere that the system or git keeps its own. */
function pathProblem(path: string): string | null {
  if (path.length > 1024) return 'must have at most 1024 characters';
  if (!path.startsWith('/')) return 'must be absolute, beginning with `/`';
  if (!path.isWellFormed() || path !== path.normalize('NFC'))
    return 'must be well-formed text in Unicode normal form NFC';
  if (/[\p{Cc}\p{Zl}\p{Zp}\\]/u.test(path)) return 'must have no control character, line separator or backslash';
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
  1,
  256,
).refine((name) => name !== '.' && name !== '..', { error: 'must not be `.` or `..`', params: { rule: 'path' } });

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

interface Given {
  readonly data: string;
  readonly encoding?: Encoding | null | undefined;
}
const encodingOf = ({ encoding }: Given): Encoding => encoding ?? 'utf-8';
const uploadFields = { data: z.string(), encoding: z.enum(['utf-8', 'binary']).nullish() };

/** A check and not a transform, so that a bad content is told next to a bad name. */
function checkUpload(given: Given, ctx: z.RefinementCtx): void {
  const bytes = decodeBase64(given.data);
  const refuse = (rule: string, message: string) =>
    ctx.addIssue({ code: 'custom', path: ['data'], params: { rule }, message });
  if (!bytes) refuse('base64', 'must be canonical base64: padded, without white space');
  else if (encodingOf(given) === 'utf-8' && !isUtf8(bytes)) {
    refuse('utf8', 'must be UTF-8 text; give the encoding BINARY to store bytes');
  }
}

const fileShape = z.strictObject({ path: pathRule, ...uploadFields }).superRefine(checkUpload);
const mountShape = z.strictObject({ name: mountNameRule, ...uploadFields }).superRefine(checkUpload);

/** Of what passed its check. */
const uploadOf = (given: Given): Upload => ({ bytes: Buffer.from(given.data, 'base64'), encoding: encodingOf(given) });

export const fileRule = fileShape.transform((file) => ({ name: file.path, upload: uploadOf(file) }));
export const mountRule = mountShape.transform((mount) => ({ name: mount.name, upload: uploadOf(mount) }));

export const filesRule = distinct(fileShape, ({ path }) => path, 2000).transform(
  (files) => new Map(files.map((file) => [file.path, uploadOf(file)])),
);
export const mountsRule = distinct(mountShape, ({ name }) => name, 2000).transform(
  (mounts) => new Map(mounts.map((mount) => [mount.name, uploadOf(mount)])),
);

const fileIdRule = pattern(/^[a-zA-Z0-9_.-]+$/, 'must be letters, digits, underscores, dots and hyphens', 1, 100);

/** Text of such a file may become the value of a variable, which cannot hold a NUL. */
const identifiedShape = z
  .strictObject({ id: fileIdRule, path: pathRule, ...uploadFields })
  .superRefine(checkUpload)
  .refine((file) => encodingOf(file) === 'binary' || !Buffer.from(file.data, 'base64').includes(0), {
    path: ['data'],
    error: 'contains a NUL character; give the encoding BINARY to store bytes',
    params: { rule: 'unicode' },
  });

/** Files known by an id of their own, their content left in base64. */
export const identifiedFilesRule = distinct(identifiedShape, ({ id }) => id, 2000).transform(
  (files) => new Map(files.map((file) => [file.id, { path: file.path, data: file.data, encoding: encodingOf(file) }])),
);

/** A whole number of a range, both ends included. */
export const wholeRule = (min: number, max: number) =>
  z
    .int()
    .min(min, { error: `must be at least ${min}` })
    .max(max, { error: `must be at most ${max}` });
