import { can } from '../../access/model.ts';
import type { WorkloadKind } from '../../domain/types.ts';
import type { Key } from '../../store/port.ts';
import { idOf } from '../../vault/document.ts';
import { type Facts, hashes, NO_KEYS, shown } from '../shown.ts';
import { documentOf } from './model.ts';

const NOUN = { service: 'Services', job: 'Jobs' } as const;

function joined(a: Facts, b: Facts): Facts {
  const names = new Set([...a.keys(), ...b.keys()]);
  return new Map([...names].map((name) => [name, JSON.stringify([a.get(name) ?? null, b.get(name) ?? null])]));
}

const shownWorkload = (kind: WorkloadKind) => {
  const target = (key: Key) => ({ project: key[1] ?? '', workload: { kind, id: idOf(key) } });
  return shown(documentOf(kind), {
    place: 'project',
    may: (key, _view, { principal }, verb) => can(principal, verb, 'workload', target(key)),
    keys: {
      // Build arguments and build files under names of their own, as both maps may hold one name.
      parts: ({ variables, buildArguments, files, buildFiles }) => ({
        ...NO_KEYS,
        variables: joined(variables, buildArguments),
        files: joined(hashes(files), hashes(buildFiles)),
      }),
      maySee: ({ key }, { principal }) => can(principal, 'read', 'workload', { ...target(key), type: 'secret' }),
    },
    restorable: { verb: 'write', words: `${NOUN[kind]} of a project.` },
  });
};

export const shownWorkloads = [shownWorkload('service'), shownWorkload('job')];
