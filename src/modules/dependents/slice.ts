import type { Slice } from '../slice.ts';
import { createDependents, type DependentsService } from './dependents.ts';
import { addDependents } from './dependents-schema.ts';
import { types } from './types.ts';

declare module '../../graphql/types/services.ts' {
  interface Services {
    readonly dependents: DependentsService;
  }
}

export const dependents: Slice = {
  name: 'dependents',
  types,
  create: (house) => ({ services: { dependents: createDependents(house.services) } }),
  addSchema: addDependents,
};
