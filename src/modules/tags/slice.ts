import type { Slice } from '../slice.ts';
import { addTags } from './schema.ts';
import { createTags, type TagsService } from './service.ts';
import { types } from './types.ts';

declare module '../services.ts' {
  interface Services {
    readonly tags: TagsService;
  }
}

export const tags: Slice = {
  name: 'tags',
  types,
  create: (house) => ({ services: { tags: createTags(house) } }),
  addSchema: addTags,
};
