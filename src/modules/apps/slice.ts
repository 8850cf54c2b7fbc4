import type { LimitTable, ValuesOf } from '../../kernel/limits.ts';
import type { Slice } from '../slice.ts';
import { createEnvironments, type EnvironmentsService } from './environments.ts';
import { appRoutes } from './rest.ts';
import { addApps } from './schema.ts';
import { type AppsService, createApps } from './service.ts';
import { shownApps } from './shown.ts';
import { types } from './types.ts';

declare module '../../graphql/types/services.ts' {
  interface Services {
    readonly apps: AppsService;
    readonly environments: EnvironmentsService;
  }
}

declare module '../../access/model.ts' {
  interface Resources {
    readonly app: true;
  }
}

declare module '../../store/port.ts' {
  interface Kinds {
    readonly app: true;
    readonly environment: true;
  }
}

const limits = {
  appsPerTeam: { default: 1_000, min: 1, words: 'Apps in a team.' },
  environmentsPerApp: { default: 30, min: 1, words: 'Environments of an app.' },
} as const satisfies LimitTable;

declare module '../../kernel/limits.ts' {
  interface NounLimits extends ValuesOf<typeof limits> {}
}

export const apps: Slice = {
  name: 'apps',
  limits,
  federated: { entities: ['App', 'Environment'] },
  resources: [{ name: 'app', words: 'Apps and their environments. They belong to the team.', class: 'catalog' }],
  types,
  shown: shownApps,
  create: (house) => ({ services: { apps: createApps(house), environments: createEnvironments(house) } }),
  rest: appRoutes,
  addSchema: addApps,
};
