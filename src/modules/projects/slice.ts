import type { Slice } from '../slice.ts';
import { createDestruction } from './destruction.ts';
import { projectRoutes } from './rest.ts';
import { addProjects } from './schema.ts';
import { createProjects, type ProjectsService } from './service.ts';
import { shownProject } from './shown.ts';
import { types } from './types.ts';

declare module '../../graphql/types/services.ts' {
  interface Services {
    readonly projects: ProjectsService;
  }
}

declare module '../../access/model.ts' {
  interface Resources {
    readonly project: true;
  }
}

declare module '../../store/port.ts' {
  interface Kinds {
    readonly project: true;
  }
}

export const projects: Slice = {
  name: 'projects',
  resources: [{ name: 'project', words: 'Projects.', class: 'catalog', forDependents: true }],
  types,
  shown: [shownProject],
  create: (house) => ({
    services: { projects: createProjects(house) },
    jobs: [createDestruction({ ...house, isClockSteady: house.expiry.isSteady })],
  }),
  rest: projectRoutes,
  addSchema: addProjects,
};
