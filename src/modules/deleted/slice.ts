import type { Slice } from '../slice.ts';
import { addDeleted } from './schema.ts';
import { createDeleted, type DeletedService } from './service.ts';

declare module '../../graphql/types/services.ts' {
  interface Services {
    readonly deleted: DeletedService;
  }
}

export const deleted: Slice = {
  name: 'deleted',
  create: (house) => ({ services: { deleted: createDeleted({ ...house, kinds: house.nouns.shown }) } }),
  addSchema: (builder, { shown }) => addDeleted(builder, shown),
};
