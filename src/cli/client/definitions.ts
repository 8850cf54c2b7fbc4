import { readFile } from 'node:fs/promises';
import { Failure } from './failure.ts';
import { printable } from './text.ts';

export type Members = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const MAX_LENGTH = 64 * 1_024 * 1_024;
/** The pages that a document may repeat itself by; more is a bomb. */
const MAX_ALIASES = 100;

/** A resource as a person wrote it, JSON or YAML: `--input` wins over `--file`, and `-` is standard input. */
export async function definitionOf(options: { readonly input?: string; readonly file?: string }): Promise<Members> {
  const { input, file } = options;
  if (input === undefined && file === undefined)
    throw new Failure('usage', 'missing definition: give --file or --input');
  const text = input ?? (await textOf(file ?? ''));
  if (text.length > MAX_LENGTH) throw new Failure('invalid', `the definition is longer than ${MAX_LENGTH} characters`);
  const { LineCounter, parseDocument } = await import('yaml');
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'error', intAsBigInt: true });
  const [error] = document.errors;
  if (error?.code === 'MULTIPLE_DOCS') throw new Failure('invalid', 'the definition holds several documents: give one');
  if (error) {
    throw new Failure(
      'invalid',
      `the definition is no JSON and no YAML, line ${lineCounter.linePos(error.pos[0]).line} (${error.code})`,
    );
  }
  const value = asGiven(() => document.toJS({ maxAliasCount: MAX_ALIASES }));
  if (!isObject(value)) throw new Failure('invalid', 'the definition is not an object');
  return value;
}

function asGiven(read: () => unknown): unknown {
  try {
    return exact(read());
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure('invalid', 'the definition repeats parts of itself too often');
  }
}

/** Whole numbers as they are; one that a program would round is refused. */
function exact(value: unknown): unknown {
  if (typeof value === 'bigint') {
    if (Number.isSafeInteger(Number(value))) return Number(value);
    throw new Failure(
      'invalid',
      'the definition contains a whole number that is too large: write it as text, in quotes',
    );
  }
  if (Array.isArray(value)) return value.map(exact);
  if (!isObject(value)) return value;
  // Own members whatever their names are.
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, exact(member)]));
}

/** A file, or standard input, as text; bytes that are no text are refused with their line. */
export async function textOf(file: string): Promise<string> {
  const bytes =
    file === '-'
      ? await standardInput()
      : await readFile(file).catch((error: NodeJS.ErrnoException) => {
          throw new Failure('usage', `the file cannot be read (${error.code ?? 'unknown'})`);
        });
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const good = new TextDecoder('utf-8').decode(bytes).split('\ufffd', 1)[0] ?? '';
    throw new Failure('invalid', `line ${good.split('\n').length} is not UTF-8`);
  }
}

async function standardInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** `environment-arguments` is `ENVIRONMENT_ARGUMENTS` to the API; `self-hosted` is `SELF_HOSTED`. */
const word = (value: unknown): unknown =>
  typeof value === 'string' ? value.toUpperCase().replaceAll('-', '_') : value;

/** The same, with these members as the API's words. */
export const words = (members: Members, names: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(members).map(([name, value]) => [name, names.includes(name) ? word(value) : value]),
  );

/** A member that is an object by name, as the API's list; a list is left as it is, and nothing is nothing. */
export function listFrom(
  members: Members,
  name: string,
  item: (key: string, value: unknown) => object,
): Record<string, unknown> {
  const value = Object.hasOwn(members, name) ? members[name] : undefined;
  if (value === undefined) return {};
  return { [name]: isObject(value) ? Object.entries(value).map(([key, each]) => item(key, each)) : value };
}

/** Named texts as the API's list. Quotes are easily forgotten: 8080 and yes are no texts. */
export const textsFrom = (members: Members, name: string): Record<string, unknown> =>
  listFrom(members, name, (key, value) => {
    if (typeof value !== 'string')
      throw new Failure('invalid', printable(`${name}.${key}: must be a string: write it in quotes`));
    return { name: key, value };
  });

/**
 * A definition as `get` shows it is one to be put again: what only the gateway gives is left out, and its revision becomes
 * the one that is expected. What was not shown cannot be put back.
 */
export function asShown(members: Members, verb: 'create' | 'put' | 'patch'): Record<string, unknown> {
  const { createdAt: _created, updatedAt: _updated, revision, masked, valueReferences, ...rest } = members;
  if (masked === true) throw new Failure('invalid', 'what is masked cannot be put back: leave it out');
  if (verb === 'put' && valueReferences !== undefined && rest.values === undefined) {
    throw new Failure('invalid', 'it was shown without its values, and would lose them: get it with --show-values');
  }
  const shown = Object.entries(rest).map(([name, value]) => [name, entries(name, value)]);
  return {
    ...(verb === 'create' || revision === undefined ? {} : { expectedRevision: revision }),
    ...Object.fromEntries(shown),
  };
}

/** Each entry without what is only shown of it. */
function entries(list: string, value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value.map((entry: unknown) => {
    if (!isObject(entry) || !('masked' in entry || 'size' in entry)) return entry;
    const { masked, size: _size, ...rest } = entry;
    if (masked === true) {
      const name = String(entry.name ?? entry.path ?? entry.id);
      throw new Failure('invalid', printable(`${list}: ${name} is masked, and cannot be put back: leave it out`));
    }
    return rest;
  });
}

/** A list of objects; anything else is named, and nothing of it dropped. */
export function membersOf(name: string, value: unknown): readonly Members[] {
  if (Array.isArray(value) && value.every(isObject)) return value;
  throw new Failure('invalid', `${name}: must be a list of objects`);
}

/** Content and encoding of a file as the documents have it. */
export function fileFields(file: unknown): object {
  const { data, encoding } = (isObject(file) ? file : {}) as { readonly data?: unknown; readonly encoding?: unknown };
  return { data, ...(encoding === undefined ? {} : { encoding: word(encoding) }) };
}

/** Only what is given: null is given. */
export const patchOf = (members: Members): Record<string, unknown> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
