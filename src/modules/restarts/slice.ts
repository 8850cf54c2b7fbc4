import type { Slice } from '../slice.ts';
import { createRestartJob } from './jobs.ts';
import { addRestarts } from './schema.ts';
import { createRestarts, type RestartsService } from './service.ts';
import { types } from './types.ts';

declare module '../services.ts' {
  interface Services {
    readonly restarts: RestartsService;
  }
}

export const restarts: Slice = {
  name: 'restarts',
  types,
  create(house) {
    const { access, services } = house;
    const session = (team: string) => access.system(team, 'system:restarts');
    const job = createRestartJob({ ...house, teams: access.teams, session, deliver: services.deployWebhooks.deliver });
    return { services: { restarts: createRestarts({ ...house, ...services }) }, jobs: [job] };
  },
  addSchema: addRestarts,
};
