import { NO_KEYS, shown, texts } from '../shown.ts';
import { type AddonKind, documentOf } from './model.ts';
import { mayOnAddon } from './rights.ts';

const shownAddon = (kind: AddonKind, words: string) =>
  shown(documentOf(kind), {
    place: 'project',
    may: ([, project = ''], _view, session, verb) => mayOnAddon(session, verb, project),
    keys: {
      parts: ({ params }) => ({ ...NO_KEYS, variables: texts(params) }),
      maySee: ({ key }, session) => mayOnAddon(session, 'read', key[1] ?? ''),
    },
    restorable: { verb: 'write', words },
  });

export const shownAddons = [
  shownAddon('addon', 'Addons of a project.'),
  shownAddon('external-addon', 'External addons of a project.'),
];
