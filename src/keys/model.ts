import { z } from 'zod';
import { FORMAT } from '../store/format.ts';
import type { Key } from '../store/port.ts';

/** Where the documents of the installation itself are kept: no slug begins with `~`. */
export const INSTANCE_TEAM = '~instance';
/** Stands in a data key's key where a project's id would. */
const NO_PROJECT = '~team';

const HEX_16_BYTES = /^[0-9a-f]{32}$/;

export const INSTANCE_KEY: Key = [INSTANCE_TEAM, 'instance'];

/** The one thing that is read of a store of any format. */
export const formatField = z.looseObject({ format: z.int().min(0) });

export const instanceFields = z.strictObject({
  format: z.literal(FORMAT),
  id: z.string().regex(HEX_16_BYTES),
  /** Of this life of the store: a backup that is restored begins another. */
  incarnation: z.string().regex(HEX_16_BYTES),
  /** Tells a wrong root key from corrupt data: a MAC of `id` under a key derived from the root key. */
  check: z.string(),
  createdAt: z.string(),
});
export type InstanceFields = z.infer<typeof instanceFields>;

/**
 * primary wraps what is new; active: was primary, and a rotation that replaces its wraps is under way; retired only
 * opens what old copies hold; destroyed is gone.
 */
export const kekFields = z.strictObject({
  state: z.enum(['primary', 'active', 'retired', 'destroyed']),
  createdAt: z.string(),
});
export type KekFields = z.infer<typeof kekFields>;

/** primary seals; retired opens what was sealed before; destroyed leaves what was sealed unreadable for good. */
export const dekFields = z.strictObject({
  version: z.int().min(1),
  state: z.enum(['primary', 'retired', 'destroyed']),
  /** Of the team's or project's life that the key is of. */
  incarnation: z.string().regex(HEX_16_BYTES),
  createdAt: z.string(),
});
export type DekFields = z.infer<typeof dekFields>;

export const kekKey = (id: Uint8Array): Key => [INSTANCE_TEAM, hexOf(id)];

/** What the keys of all data keys of a team (`project` null) or a project begin with. */
export const ringKey = (team: string, project: string | null): Key => [team, project ?? NO_PROJECT];

export const dekKey = (team: string, project: string | null, id: Uint8Array): Key => [
  ...ringKey(team, project),
  hexOf(id),
];

export const hexOf = (id: Uint8Array): string => Buffer.from(id.buffer, id.byteOffset, id.length).toString('hex');
