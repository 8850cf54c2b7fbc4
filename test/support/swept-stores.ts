import { inject } from 'vitest';
import type { Store } from '../../src/store/port.ts';
import { editableMongo } from './editable-mongo.ts';
import { type EditableRecords, editableStore } from './editable-store.ts';
import { rootSettled } from './root-settled.ts';
import type { Open } from './tampering-sweep.ts';

/** A store that is swept. */
export interface SweptStore {
  readonly edit: EditableRecords;
  readonly open: Open;
  /** To be called when what was written is to be swept. */
  readonly refresh: () => Promise<void>;
  /** Waits until the root over all heads is as new as they are. */
  readonly settled: (store: Store) => Promise<void>;
  readonly dispose: () => Promise<void>;
}

const nothing = async (): Promise<void> => {};

const STORES: Readonly<Record<string, (url: string) => SweptStore>> = {
  embedded: () => {
    const edit = editableStore();
    return { edit, open: edit.open, refresh: nothing, settled: nothing, dispose: nothing };
  },
  MongoDB: (url) => {
    const edit = editableMongo(url);
    // It is written half a second after a commit: who copies the store before that has one that was never put back.
    return { edit, open: edit.open, refresh: edit.refresh, settled: rootSettled, dispose: edit.dispose };
  },
};

/** Both of them, where there is a MongoDB. */
export function sweptStores(): readonly (readonly [name: string, make: () => SweptStore])[] {
  const url = inject('mongodbUrl');
  return Object.entries(STORES)
    .filter(([name]) => name === 'embedded' || url !== null)
    .map(([name, make]) => [name, () => make(url ?? '')] as const);
}
