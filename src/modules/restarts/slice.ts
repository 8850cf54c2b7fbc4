import type { LimitTable, ValuesOf } from '../../kernel/limits.ts';
import type { Slice } from '../slice.ts';
import { createRestartJob } from './jobs.ts';
import { addRestarts } from './schema.ts';
import { createRestarts, type RestartsService } from './service.ts';
import { types } from './types.ts';

declare module '../../graphql/types/services.ts' {
  interface Services {
    readonly restarts: RestartsService;
  }
}

declare module '../../store/port.ts' {
  interface Kinds {
    /** One asking for restarts, with its waves. */
    readonly restart: true;
    /** Of one workload. */
    readonly restartRequest: true;
    /** Of a request to the deploy webhook. */
    readonly restartDelivery: true;
    /** Of a project: what is due next, and who delivers. */
    readonly restartQueue: true;
    /** What a workload said that it runs. */
    readonly running: true;
  }
}

const limits = {
  restartRequestsOpen: {
    default: 10_000,
    min: 1,
    words: 'Restart requests of a project that wait for their wave or for their delivery.',
  },
  restartRequestsKept: {
    default: 1_000,
    min: 0,
    words: 'Closed restart requests of a project, and closed restarts of a team, that are kept.',
  },
} as const satisfies LimitTable;

declare module '../../kernel/limits.ts' {
  interface NounLimits extends ValuesOf<typeof limits> {}
}

export const restarts: Slice = {
  name: 'restarts',
  limits,
  federated: { ofWorkloads: ['restartRequests', 'running'] },
  types,
  create(house) {
    const { access, services } = house;
    const session = (team: string) => access.system(team, 'system:restarts');
    const job = createRestartJob({ ...house, teams: access.teams, session, deliver: services.deployWebhooks.deliver });
    return { services: { restarts: createRestarts({ ...house, ...services }) }, jobs: [job] };
  },
  addSchema: addRestarts,
};
