import type { KeyedHash } from '../crypto/derive.ts';
import type { DataKey, KeyFor } from '../crypto/envelope.ts';
import type { Write } from '../store/port.ts';

/** The uses of the instance secret; each has a key of its own. */
export type MacLabel =
  | 'log'
  | 'token'
  | 'digest'
  | 'content'
  | 'cursor'
  | 'idempotency'
  | 'set'
  | 'audit'
  | 'gitHook'
  | 'gateway'
  | 'checkpoint';

/** What everything else knows of the keys. `project` null means the documents of the team itself. */
export interface Keys {
  /** Id of the installation, hex. */
  readonly instance: string;
  /** Of this life of the store: another one after a backup was restored. */
  readonly incarnation: string;
  mac(label: MacLabel): KeyedHash;
  /** The key that new envelopes of this team or project are sealed with. */
  sealingKey(team: string, project: string | null): Promise<DataKey>;
  /**
   * A check for the commit of what is sealed with `sealingKey` afterwards: that key is still the one to seal with, so that
   * nothing is sealed with one that another process retired or destroyed. null: it is stored by that very commit.
   */
  sealingGuard(team: string, project: string): Promise<Write | null>;
  /**
   * Finds keys by id: null when unknown, NOT_FOUND "shredded" when destroyed. The ring is read anew when an id of
   * `needed` is not in it, as another process may have rotated since.
   */
  openingKeys(team: string, project: string | null, needed?: readonly Uint8Array[]): Promise<KeyFor>;
  /**
   * A random name of the present life of a team or project, bound into all that is sealed for it: nothing of an earlier one under the
   * same name fits. Empty where there is no key.
   */
  incarnationOf(team: string, project: string | null): Promise<string>;
  /**
   * A data key for a team or project that has none. The write must go into the commit that creates the team or project;
   * until then the same key is answered again, and `sealingKey` knows it.
   */
  newDataKey(team: string, project: string | null): { readonly key: DataKey; readonly write: Write };
  /** Drops what is kept in memory of a team or project: its keys changed elsewhere, or it is gone. */
  forget(team: string, project: string | null): void;
  /** Destroys all data keys of a team or project: what was sealed with them cannot be read by anyone any more. */
  shred(team: string, project: string | null, actor: string): Promise<void>;
}

/** Care of the keys: what operators ask for. Each may be run again after a crash, as `shred` may be. */
export interface KeyCare {
  /** New envelopes get a new key; what was sealed before stays readable. CONFLICT when another rotation won. */
  rotateDataKey(team: string, project: string | null, actor: string): Promise<void>;
  /** Wraps all data keys with a new KEK, or finishes a rotation that was interrupted. Sealed data is not touched. */
  rotateKek(actor: string): Promise<void>;
  /**
   * Wraps the KEKs with another root key, in one commit. From then on the store opens with that one only; other
   * processes have to be started again with it.
   */
  rotateRoot(newRootKey: Uint8Array, actor: string): Promise<void>;
  /** Begins another life of the store: it was put back from a backup. */
  reincarnate(actor: string): Promise<void>;
}
