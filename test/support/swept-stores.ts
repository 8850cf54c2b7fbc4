import { inject } from 'vitest';
import { editableMongo } from './editable-mongo.ts';
import { type EditableRecords, editableStore } from './editable-store.ts';
import type { Open } from './tampering-sweep.ts';

/** A store that is swept. */
export interface SweptStore {
  readonly edit: EditableRecords;
  readonly open: Open;
  /** To be called when what was written is to be swept. */
  readonly refresh: () => Promise<void>;
  readonly dispose: () => Promise<void>;
}

const nothing = async (): Promise<void> => {};

const STORES: Readonly<Record<string, (url: string) => SweptStore>> = {
  embedded: () => {
    const edit = editableStore();
    return { edit, open: edit.open, refresh: nothing, dispose: nothing };
  },
  MongoDB: (url) => {
    const edit = editableMongo(url);
    return { edit, open: edit.open, refresh: edit.refresh, dispose: edit.dispose };
  },
};

/** Both of them, where there is a MongoDB. */
export function sweptStores(): readonly (readonly [name: string, make: () => SweptStore])[] {
  const url = inject('mongodbUrl');
  return Object.entries(STORES)
    .filter(([name]) => name === 'embedded' || url !== null)
    .map(([name, make]) => [name, () => make(url ?? '')] as const);
}
