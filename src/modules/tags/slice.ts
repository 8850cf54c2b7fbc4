import type { Slice } from '../slice.ts';
import { tagRoutes } from './rest.ts';
import { addTags } from './schema.ts';
import { createTags, type TagsService } from './service.ts';
import { shownTag } from './shown.ts';
import { types } from './types.ts';

declare module '../../graphql/types/services.ts' {
  interface Services {
    readonly tags: TagsService;
  }
}

declare module '../../access/model.ts' {
  interface Resources {
    readonly tag: true;
  }
}

declare module '../../store/port.ts' {
  interface Kinds {
    readonly tag: true;
  }
}

export const tags: Slice = {
  name: 'tags',
  resources: [{ name: 'tag', words: 'Tags of the catalog.', class: 'catalog' }],
  types,
  shown: [shownTag],
  create: (house) => ({ services: { tags: createTags(house) } }),
  rest: tagRoutes,
  addSchema: addTags,
};
