import { isMap, isScalar, LineCounter, type Pair, parseDocument } from 'yaml';
import type { Dialect, Problem, Read, Refused, Variable, WriteOptions, Written } from './dialect.ts';

/** JSON, YAML and Kubernetes: one document of names and texts. */

/** A larger text is not parsed. */
const MAX_LENGTH = 16 * 1_024 * 1_024;

type Leaf = (value: unknown) => { readonly value: string } | { readonly message: string };

const textOf: Leaf = (value) => {
  if (typeof value === 'string') return { value };
  const kind = value === null ? 'null' : typeof value;
  return { message: `is ${kind === 'object' ? 'no text' : `a ${kind}`}: values are text, in quotes` };
};

const bytesOf: Leaf = (value) => {
  if (typeof value !== 'string') return textOf(value);
  try {
    const bytes = Uint8Array.from(atob(value), (char) => char.charCodeAt(0));
    return { value: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { message: 'is not text in base64' };
  }
};

const base64 = (text: string): string => {
  const bytes = new TextEncoder().encode(text);
  let latin = '';
  for (let at = 0; at < bytes.length; at += 8_192) latin += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  return btoa(latin);
};

const MALFORMED = 'its value is not well-formed text';

/** The variables that pass, and why the others do not. */
function sorted(
  variables: readonly Variable[],
  refusal: (variable: Variable) => string | null,
): { readonly taken: readonly Variable[]; readonly refused: readonly Refused[] } {
  const judged = variables.map((variable) => ({ variable, reason: refusal(variable) }));
  return {
    taken: judged.filter(({ reason }) => reason === null).map(({ variable }) => variable),
    refused: judged.flatMap(({ variable: { name }, reason }) => (reason === null ? [] : [{ name, reason }])),
  };
}

const malformed = ({ value }: Variable): string | null => (value.isWellFormed() ? null : MALFORMED);

/** JSON's quoting, which YAML reads the same, with everything escaped that some reader of YAML does not print. */
const quoted = (text: string): string =>
  JSON.stringify(text).replaceAll(
    /[\u007f-\u00a0\u2028\u2029\ufeff\ufffe\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** Names and leaves of the map at `path`, by the parser's own tree: no alias is followed, so none can be a bomb. */
function readMap(text: string, maps: readonly (readonly [path: readonly string[], leaf: Leaf])[]): Read {
  if (text.length > MAX_LENGTH) return failed(1, `is longer than ${MAX_LENGTH} characters`);
  const lines = new LineCounter();
  const document = parseDocument(text.replace(/^\ufeff/, ''), {
    lineCounter: lines,
    uniqueKeys: false,
    stringKeys: true,
    logLevel: 'silent',
    prettyErrors: false,
  });
  const [error] = document.errors;
  if (error) return failed(lines.linePos(error.pos[0]).line, `is not as the format wants it (${error.code})`);
  const found = new Map<string, Variable & { readonly line: number }>();
  const problems: Problem[] = [];
  for (const [path, leaf] of maps) {
    const map = path.length === 0 ? document.contents : document.getIn(path, true);
    if (map === undefined || map === null) continue;
    if (!isMap(map)) return failed(1, 'is no object of names and texts');
    for (const { key, value } of map.items as Pair[]) {
      const line = isScalar(key) && key.range ? lines.linePos(key.range[0]).line : 1;
      const name = isScalar(key) ? String(key.value) : '';
      const told = leaf(isScalar(value) ? value.value : value === null ? null : {});
      if ('value' in told) found.set(name, { name, value: told.value, line });
      else if (problems.length < 100) problems.push({ line, message: told.message });
    }
  }
  return { variables: [...found.values()], problems };
}

const failed = (line: number, message: string): Read => ({ variables: [], problems: [{ line, message }] });

const member = ({ name, value }: Variable): string => `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`;

export const json: Dialect = {
  name: 'json',
  description: 'one JSON object',
  write: (variables): Written => {
    const { taken, refused } = sorted(variables, malformed);
    return { text: taken.length === 0 ? '{}\n' : `{\n${taken.map(member).join(',\n')}\n}\n`, refused };
  },
  read: (text) => readMap(text, [[[], textOf]]),
};

export const yaml: Dialect = {
  name: 'yaml',
  description: 'one YAML map; every value is quoted, so that none is taken for a number or a date',
  write: (variables): Written => {
    const { taken, refused } = sorted(variables, malformed);
    const lines = taken.map(({ name, value }) => `${quoted(name)}: ${quoted(value)}\n`);
    return { text: taken.length === 0 ? '{}\n' : lines.join(''), refused };
  },
  read: (text) => readMap(text, [[[], textOf]]),
};

const SECRET_KEY = /^[-._a-zA-Z0-9]{1,253}$/;
/** What Kubernetes takes of one Secret. */
const MAX_SECRET_BYTES = 1_048_576;

export const k8sSecret: Dialect = {
  name: 'k8s-secret',
  description: 'a Kubernetes Secret for kubectl apply -f -, its data in base64',
  write: (variables, { secretName = 'keyloom', namespace }: WriteOptions = {}): Written => {
    let left = MAX_SECRET_BYTES;
    const { taken, refused } = sorted(variables, (variable) => {
      if (!SECRET_KEY.test(variable.name)) return 'its name is not of letters, digits, "_", "." and "-"';
      const size = new TextEncoder().encode(variable.value).length;
      if (size > left) return `a Secret holds at most ${MAX_SECRET_BYTES} bytes`;
      left -= size;
      return malformed(variable);
    });
    const place = namespace === undefined ? '' : `  namespace: ${quoted(namespace)}\n`;
    const data = taken.map(({ name, value }) => `  ${quoted(name)}: ${quoted(base64(value))}\n`).join('');
    const head = `apiVersion: v1\nkind: Secret\nmetadata:\n  name: ${quoted(secretName)}\n${place}type: Opaque\n`;
    return { text: `${head}${taken.length === 0 ? 'data: {}\n' : `data:\n${data}`}`, refused };
  },
  read: (text) =>
    readMap(text, [
      [['data'], bytesOf],
      [['stringData'], textOf],
    ]),
};
