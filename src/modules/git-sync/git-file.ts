import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import { descriptionRule, nameRule } from '../../input/rules.ts';
import { scanJsonInTurns, withoutBom } from '../../kernel/json-scan.ts';
import type { Limits } from '../../kernel/limits.ts';
import { turn } from '../../kernel/turn.ts';
import { filesRule, valuesRule } from '../global-secrets/inputs.ts';
import type { GlobalFile, JsonObject } from '../global-secrets/model.ts';
import { placeIn } from './json-place.ts';
import type { SyncReason } from './sync-model.ts';

/** What a git file says. */
export interface GitFile {
  readonly name: string | null;
  /** undefined: it says nothing of it. */
  readonly description: string | null | undefined;
  readonly values: JsonObject;
  readonly files: ReadonlyMap<string, GlobalFile>;
}

/** Why a file is not taken, and where; never what stands there. */
export interface BadFile {
  readonly reason: SyncReason;
  readonly line: number | null;
  readonly column: number | null;
  /** The name of the member that is not known. */
  readonly member: string | null;
}

export type ReadFile =
  | { readonly kind: 'file'; readonly file: GitFile }
  | { readonly kind: 'bad'; readonly bad: BadFile };

const MEMBERS: ReadonlySet<string> = new Set(['$schema', 'name', 'description', 'values', 'files']);
const MAX_MEMBER = 60;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A file of a global secret's members: it has `values` or `files` as an object. Any other object is values. */
const isWrapped = (root: JsonObject): boolean =>
  ['values', 'files'].some((name) => Object.hasOwn(root, name) && isObject(root[name]));

/** What is refused as it stands, for a member that no file has. */
const asFile = (id: string, file: unknown): object =>
  isObject(file) && !Object.hasOwn(file, 'id') ? { id, ...file } : { id, file };

/** The API has a list of files, the git file an object by id; null stands for anything else, which is refused. */
const listed = (files: unknown): unknown =>
  isObject(files) ? Object.entries(files).map(([id, file]) => asFile(id, file)) : null;

const wrappedRule = z.strictObject({
  // For editors; it says nothing to us.
  $schema: z.unknown().optional(),
  name: nameRule.optional(),
  description: descriptionRule.optional(),
  values: valuesRule.optional(),
  files: filesRule.optional(),
});

const bad = (reason: SyncReason, text = '', position: number | null = null, member: string | null = null): ReadFile => {
  if (position === null) return { kind: 'bad', bad: { reason, line: null, column: null, member } };
  const before = text.slice(0, position).split(/\r\n|\r|\n/);
  const column = (before[before.length - 1] ?? '').length + 1;
  return { kind: 'bad', bad: { reason, line: before.length, column, member } };
};

const LFS = 'version https://git-lfs.github.com/spec/';

/**
 * Strict JSON, after a byte order mark if there is one: no key twice, nothing that could not be given back exactly as it is. A file
 * may be as long as a repository: everybody else has a turn between its pieces.
 */
export async function readGitFile(
  bytes: Uint8Array,
  limits: Pick<Limits, 'jsonDepth' | 'jsonItems'>,
): Promise<ReadFile> {
  if (!isUtf8(bytes)) return bad('NOT_UTF8');
  const text = withoutBom(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  if (text.startsWith(LFS)) return bad('LFS_POINTER');
  const trouble = await scanJsonInTurns(text, limits.jsonDepth, limits.jsonItems, turn);
  if (trouble) return bad('NOT_JSON', text, trouble.position);
  const root: unknown = JSON.parse(text);
  await turn();
  if (!isObject(root)) return bad('NOT_AN_OBJECT', text, text.search(/\S/));
  return isWrapped(root) ? wrapped(root, text) : plain(root, text);
}

function plain(root: JsonObject, text: string): ReadFile {
  const parsed = valuesRule.safeParse(root);
  if (!parsed.success) return broken(text, parsed.error, []);
  return { kind: 'file', file: { name: null, description: undefined, values: root, files: new Map() } };
}

function wrapped(root: JsonObject, text: string): ReadFile {
  const unknown = Object.keys(root).find((name) => !MEMBERS.has(name));
  if (unknown !== undefined) {
    return bad('UNKNOWN_MEMBER', text, placeIn(text, [unknown]), unknown.slice(0, MAX_MEMBER).toWellFormed());
  }
  const given = Object.hasOwn(root, 'files') ? { ...root, files: listed(root.files) } : root;
  const parsed = wrappedRule.safeParse(given);
  if (!parsed.success) return broken(text, parsed.error, Object.keys(isObject(root.files) ? root.files : {}));
  const { name = null, description, values = {}, files = new Map<never, never>() } = parsed.data;
  return { kind: 'file', file: { name, description, values, files } };
}

function broken(text: string, error: z.ZodError, fileIds: readonly string[]): ReadFile {
  const path = (error.issues[0]?.path ?? []).map(String);
  // Files were numbered.
  const written = path[0] === 'files' && path[1] !== undefined ? ['files', fileIds[Number(path[1])] ?? ''] : null;
  return bad('BAD_CONTENT', text, placeIn(text, written ? [...written, ...path.slice(2)] : path));
}
