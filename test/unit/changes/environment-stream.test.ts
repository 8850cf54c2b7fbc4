import { describe, expect, it } from 'vitest';
import type { Principal } from '../../../src/access/model.ts';
import type { Session } from '../../../src/access/session.ts';
import type { Services } from '../../../src/graphql/types/services.ts';
import { createEnvironmentStreams } from '../../../src/modules/changes/environment-stream.ts';
import type { Commit, Seq } from '../../../src/store/port.ts';

const VARIABLES = 2_000;
const WORKLOADS = 60;
const GRANTS = [
  {
    resources: ['project', 'workload', 'globalSecret'],
    verbs: ['list', 'listKeys', 'resolve', 'read'],
    types: ['secret', 'config'],
    projects: null,
  },
];
const principal = {
  id: 't',
  team: 'team',
  kind: 'machine',
  workload: null,
  role: { slug: 'r', grants: GRANTS },
} as unknown as Principal;
const project = { key: ['team', 'p'], deleted: false, fields: { incarnation: 'i', bornAfter: 0 } };
const sessionAt = (seq: Seq): Session =>
  ({
    principal,
    seq,
    read: (use: (view: unknown) => unknown) =>
      use({ seq, set: async () => ({ damaged: new Set(), get: () => project, live: [project] }) }),
  }) as unknown as Session;
const commitOf = (seq: Seq): Commit =>
  ({
    seq,
    operation: 'secretGroup.update',
    touched: [{ kind: 'secretGroup', key: ['team', 'p', 'g'], revision: seq }],
  }) as unknown as Commit;

describe('streams of environments', () => {
  it('ask for the outcome of each commit once, and never look back, however many and large they are', async () => {
    const asked: string[] = [];
    const resolutions = {
      followed: async ({ id, at }: { readonly id: string; readonly at: Seq }) => {
        asked.push(`${id} ${at}`);
        const variables = new Map(
          Array.from({ length: VARIABLES }, (_, i) => {
            const value = i === 0 ? `${id} ${at}` : 'same';
            return [
              `V_${i}`,
              {
                name: `V_${i}`,
                value,
                type: 'config',
                own: 'config',
                draws: 0,
                source: { kind: 'direct' },
                error: null,
              },
            ];
          }),
        );
        const resolution = { variables, files: new Map(), mounts: new Map(), render: (text: string) => text };
        const environment = {
          volatile: false,
          seq: at,
          digest: `${id} ${at}`,
          resolution,
          input: { groups: [] },
          addonVersions: new Map(),
          version: 1,
        };
        return { registration: 'r', environment };
      },
    } as unknown as Services['resolutions'];
    const streams = createEnvironmentStreams(resolutions);
    const opened = [];
    for (let i = 0; i < WORKLOADS; i += 1) {
      const ask = { project: 'p', kind: 'service', id: String(i), scope: 'RUNTIME' } as const;
      opened.push(await streams.open(ask, sessionAt(1), sessionAt(1)));
    }
    for (let seq = 2; seq <= 4; seq += 1) {
      for (const stream of opened) {
        const [session, system] = [sessionAt(seq), sessionAt(seq)];
        const commit = commitOf(seq);
        const event = await stream.event({
          commit,
          operations: new Set([commit.operation]),
          previous: seq - 1,
          session,
          system,
        });
        expect(event?.variables).toEqual({ added: [], removed: [], changed: ['V_0'] });
      }
    }
    expect(asked).toHaveLength(4 * WORKLOADS);
    expect(new Set(asked).size).toBe(asked.length);
  });
});
