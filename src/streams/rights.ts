import { createHash } from 'node:crypto';
import type { Principal } from '../access/model.ts';

const hashes = new WeakMap<Principal, string>();

/** Each who listens keeps it. */
export const shortOf = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** Equal for principals that may do the same: who they are besides makes no difference to what they may see. */
export function rightsOf(principal: Principal): string {
  const { team, kind, workload, role } = principal;
  const known = hashes.get(principal);
  if (known !== undefined) return known;
  const facts = JSON.stringify([team, kind, workload, role.grants]);
  const made = shortOf(facts);
  hashes.set(principal, made);
  return made;
}
