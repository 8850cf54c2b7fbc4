import type { Session } from '../../access/session.ts';
import { diffMaps, type NameDiff, writtenNames } from '../../domain/diff.ts';
import { isAppError } from '../../kernel/errors.ts';
import type { Touched } from '../../store/port.ts';
import type { Vault } from '../../vault/port.ts';
import type { ShownKinds } from '../shown.ts';
import type { Visibility } from './visible.ts';

/** Names of keys that differ between a revision and the one before. Never values. */
export interface KeyChanges {
  readonly variables: NameDiff;
  readonly files: NameDiff;
  readonly dockerSecretMounts: NameDiff;
}

interface Deps {
  readonly vault: Vault;
  readonly kinds: ShownKinds;
  readonly visibility: Visibility;
}

/** Which keys a commit changed in one document; null: it has none, you may not know them, or history no longer tells. */
export function createKeyChanges({ vault, kinds, visibility }: Deps) {
  return async function keyChanges(touched: Touched, session: Session): Promise<KeyChanges | null> {
    const keys = kinds.get(touched.kind)?.keys;
    if (!keys || touched.revision === 0) return null;
    if (!(await session.read((view) => visibility.mayOnTouched(touched, 'listKeys', view, session)))) return null;
    const compared = await keys(vault, touched, session).catch((error: unknown) => {
      // Its key was destroyed, or it was tampered with: nothing to tell of it.
      if (isAppError(error) && (error.code === 'NOT_FOUND' || error.code === 'INTEGRITY')) return null;
      throw error;
    });
    if (!compared) return null;
    const { before, now, isSeen } = compared;
    const diff = isSeen ? diffMaps<string> : writtenNames;
    return {
      variables: diff(before.variables, now.variables),
      files: diff(before.files, now.files),
      dockerSecretMounts: diff(before.mounts, now.mounts),
    };
  };
}
