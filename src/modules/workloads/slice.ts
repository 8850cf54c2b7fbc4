import type { Slice } from '../slice.ts';
import { workloadRoutes } from './rest.ts';
import { addWorkloads } from './schema.ts';
import { createWorkloads, type WorkloadsService } from './service.ts';
import { shownWorkloads } from './shown.ts';
import { types } from './types.ts';

declare module '../../graphql/types/services.ts' {
  interface Services {
    readonly workloads: WorkloadsService;
  }
}

declare module '../../access/model.ts' {
  interface Resources {
    readonly workload: true;
  }
}

declare module '../../store/port.ts' {
  interface Kinds {
    readonly service: true;
    readonly job: true;
  }
}

export const workloads: Slice = {
  name: 'workloads',
  resources: [{ name: 'workload', words: 'Services and jobs.', class: 'values', forDependents: true }],
  types,
  shown: shownWorkloads,
  create: (house) => ({ services: { workloads: createWorkloads(house) } }),
  rest: workloadRoutes,
  addSchema: addWorkloads,
  fileMutations: { resource: 'workload', names: ['putService', 'putJob'] },
};
