import { createHash } from 'node:crypto';
import { integrity } from '../kernel/errors.ts';
import { keyText } from './keys.ts';
import type { Below, Head, Key, Seq } from './port.ts';

/**
 * The heads below one, as a tree of digests over the hashes of their scopes: a node lists up to sixteen of them, or it branches by
 * the next four bits. One that changes rewrites the nodes on its way alone, and those prove that it is there, or that it is not.
 */
export interface Entry {
  readonly seq: Seq;
  /** Of the head. */
  readonly mac: Uint8Array;
}

/** A node's bytes by the hexadecimal digits that lead to it; null where there is none. */
export type Nodes = (path: string) => Uint8Array | null;

export interface NodeWrite {
  readonly path: string;
  readonly bytes: Uint8Array;
}

const LISTED = 16;
const FANOUT = 16;
/** Past it, nodes list as many as there are: sixteen million in all before any is longer. */
const MAX_DEPTH = 5;
const DIGEST = 32;
const MAC_AT = DIGEST + 8;
const ENTRY = MAC_AT + DIGEST;
const LIST = 1;
const BRANCH = 2;

export const NOTHING_BELOW: Below = { digest: new Uint8Array(DIGEST), count: 0 };

const sha256 = (...parts: readonly (string | Uint8Array)[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

interface Name {
  readonly bytes: Buffer;
  readonly digits: string;
  /** Every path that a node on the way to it may have, from the top. */
  readonly paths: readonly string[];
}

const NAMES_KEPT = 10_000;
const names = new Map<string, Name>();

function nameOf(scope: Key): Name {
  const text = keyText(scope);
  const known = names.get(text);
  if (known) return known;
  const bytes = sha256('keyloom.scope.1', text);
  const digits = bytes.toString('hex');
  const paths = Array.from({ length: MAX_DEPTH + 1 }, (_, depth) => digits.slice(0, depth));
  const name = { bytes, digits, paths };
  if (names.size >= NAMES_KEPT) names.clear();
  names.set(text, name);
  return name;
}

/** Of nodes that were digested before, and where: these very bytes, which never change. */
const digests = new WeakMap<Uint8Array, { readonly path: string; readonly digest: Buffer }>();

function digestOf(path: string, bytes: Uint8Array): Buffer {
  const known = digests.get(bytes);
  if (known?.path === path) return known.digest;
  const digest = sha256(`keyloom.node.1 ${path}.`, bytes);
  digests.set(bytes, { path, digest });
  return digest;
}

const isDigest = (bytes: Uint8Array | null, path: string, digest: Uint8Array): bytes is Uint8Array =>
  bytes !== null && digestOf(path, bytes).equals(digest);

/** Every path that a node on the way to a scope may have, from the top. */
export const pathsTo = (scope: Key): readonly string[] => nameOf(scope).paths;

/** The nodes that are on the way to a scope. */
export function wayTo(scope: Key, nodes: Nodes): readonly Uint8Array[] {
  const way: Uint8Array[] = [];
  for (const path of pathsTo(scope)) {
    const bytes = nodes(path);
    if (bytes) way.push(bytes);
    if (bytes?.[0] !== BRANCH) break;
  }
  return way;
}

/** What the tree says of a scope: null, that it is not there. `misfit`: the nodes are not those of this tree. */
export function entryOf({ digest, count }: Below, way: readonly Uint8Array[], scope: Key): Entry | null | 'misfit' {
  if (count === 0) return null;
  const { bytes: name, digits } = nameOf(scope);
  let wanted: Uint8Array = digest;
  for (const [depth, bytes] of way.entries()) {
    if (!isDigest(bytes, digits.slice(0, depth), wanted)) return 'misfit';
    if (bytes[0] === LIST) {
      const { at, isThere } = placeIn(bytes, name);
      return isThere ? readAt(bytes, at) : null;
    }
    const at = 1 + DIGEST * Number.parseInt(digits[depth] ?? '0', FANOUT);
    wanted = bytes.subarray(at, at + DIGEST);
    if (wanted.every((byte) => byte === 0)) return null;
  }
  return 'misfit';
}

/** The tree with this entry in its place, and the nodes that are to be written. INTEGRITY when those on the way are not its own. */
export function withHead(
  { digest, count }: Below,
  nodes: Nodes,
  { scope, seq, mac }: Pick<Head, 'scope' | 'seq' | 'mac'>,
): { readonly below: Below; readonly nodes: readonly NodeWrite[] } {
  const name = nameOf(scope);
  const entry = Buffer.alloc(ENTRY);
  entry.set(name.bytes);
  entry.writeBigUInt64BE(BigInt(seq), DIGEST);
  entry.set(mac, MAC_AT);
  const written: NodeWrite[] = [];
  const put = (path: string, bytes: Uint8Array): Buffer => {
    written.push({ path, bytes });
    return digestOf(path, bytes);
  };
  const before = count === 0 ? null : digest;
  const { digest: after, isNew } = inserted(before, '', nodes, name, entry, put);
  return { below: { digest: new Uint8Array(after), count: count + (isNew ? 1 : 0) }, nodes: written };
}

type Put = (path: string, bytes: Uint8Array) => Buffer;

function inserted(
  digest: Uint8Array | null,
  path: string,
  nodes: Nodes,
  name: Name,
  entry: Buffer,
  put: Put,
): { readonly digest: Buffer; readonly isNew: boolean } {
  const bytes = digest ? nodes(path) : Buffer.of(LIST);
  if (bytes === null || (digest && !isDigest(bytes, path, digest))) throw integrity('the tree of heads');
  if (bytes[0] === BRANCH) {
    const next = Buffer.from(bytes);
    const digit = name.digits[path.length] ?? '0';
    const at = 1 + DIGEST * Number.parseInt(digit, FANOUT);
    const child = bytes.subarray(at, at + DIGEST);
    const below = child.every((byte) => byte === 0) ? null : child;
    const result = inserted(below, path + digit, nodes, name, entry, put);
    next.set(result.digest, at);
    return { digest: put(path, next), isNew: result.isNew };
  }
  const { at, isThere } = placeIn(bytes, name.bytes);
  const next = Buffer.concat([bytes.subarray(0, at), entry, bytes.subarray(isThere ? at + ENTRY : at)]);
  return { digest: listed(next, path, put), isNew: !isThere };
}

/** A list as it is, or as a branch of lists when it is too long. */
function listed(bytes: Buffer, path: string, put: Put): Buffer {
  if ((bytes.length - 1) / ENTRY <= LISTED || path.length === MAX_DEPTH) return put(path, bytes);
  const children = new Map<string, Buffer[]>();
  for (let at = 1; at < bytes.length; at += ENTRY) {
    const entry = bytes.subarray(at, at + ENTRY);
    const digit = entry.toString('hex', 0, DIGEST)[path.length] ?? '0';
    children.set(digit, [...(children.get(digit) ?? [Buffer.of(LIST)]), entry]);
  }
  const branch = Buffer.alloc(1 + FANOUT * DIGEST);
  branch[0] = BRANCH;
  for (const [digit, entries] of children) {
    const digest = listed(Buffer.concat(entries), path + digit, put);
    branch.set(digest, 1 + DIGEST * Number.parseInt(digit, FANOUT));
  }
  return put(path, branch);
}

/** Where a name stands in a list, or would. */
function placeIn(list: Uint8Array, name: Uint8Array): { readonly at: number; readonly isThere: boolean } {
  for (let at = 1; at < list.length; at += ENTRY) {
    const order = Buffer.compare(list.subarray(at, at + DIGEST), name);
    if (order >= 0) return { at, isThere: order === 0 };
  }
  return { at: list.length, isThere: false };
}

function readAt(list: Uint8Array, at: number): Entry {
  const view = Buffer.from(list.buffer, list.byteOffset, list.byteLength);
  const mac = new Uint8Array(view.subarray(at + MAC_AT, at + ENTRY));
  return { seq: Number(view.readBigUInt64BE(at + DIGEST)), mac };
}
