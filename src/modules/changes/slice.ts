import type { Slice } from '../slice.ts';
import { addChanges } from './schema.ts';
import { type ChangesService, createChanges } from './service.ts';
import { addStreams } from './stream-schema.ts';

declare module '../../graphql/types/services.ts' {
  interface Services {
    readonly changes: ChangesService;
  }
}

export const changes: Slice = {
  name: 'changes',
  create: (house) => ({
    services: {
      changes: createChanges({ ...house, resolutions: house.services.resolutions, kinds: house.nouns.shown }),
    },
  }),
  addSchema(builder, { shown }) {
    addChanges(builder);
    addStreams(builder, shown);
  },
};
