import type { LimitTable, ValuesOf } from '../../../src/kernel/limits.ts';
import { shown, texts } from '../../../src/modules/shown.ts';
import type { Slice } from '../../../src/modules/slice.ts';
import { noteDocument } from './model.ts';
import { noteRoutes } from './rest.ts';
import { addNotes, types } from './schema.ts';
import { createNotes, mayOnNote, type NotesService } from './service.ts';

declare module '../../../src/graphql/types/services.ts' {
  interface Services {
    readonly notes: NotesService;
  }
}

declare module '../../../src/access/model.ts' {
  interface Resources {
    readonly note: true;
  }
}

declare module '../../../src/store/port.ts' {
  interface Kinds {
    readonly note: true;
  }
}

const limits = {
  notesPerProject: { default: 100, min: 1, words: 'Notes in a project.' },
} as const satisfies LimitTable;

declare module '../../../src/kernel/limits.ts' {
  interface NounLimits extends ValuesOf<typeof limits> {}
}

/** A whole noun that the gateway knows nothing of. */
export const notes: Slice = {
  name: 'notes',
  limits,
  federated: { entities: ['Note'] },
  resources: [{ name: 'note', words: 'Notes of projects.', class: 'values' }],
  shown: [
    shown(noteDocument, {
      place: 'project',
      may: ([, project = ''], _view, session, verb) => mayOnNote(session, verb, project),
      keys: {
        parts: (body) => ({ variables: texts(body), files: new Map(), mounts: new Map() }),
        maySee: ({ key }, session) => mayOnNote(session, 'read', key[1] ?? ''),
      },
    }),
  ],
  types,
  rest: noteRoutes,
  create: (house) => ({ services: { notes: createNotes(house) } }),
  addSchema: addNotes,
};
