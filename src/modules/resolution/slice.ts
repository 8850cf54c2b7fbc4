import type { Slice } from '../slice.ts';
import { addResolution } from './schema.ts';
import { createResolutions, type ResolutionsService } from './service.ts';
import { types } from './types.ts';

declare module '../../graphql/types/services.ts' {
  interface Services {
    readonly resolutions: ResolutionsService;
  }
}

export const resolution: Slice = {
  name: 'resolution',
  types,
  create(house) {
    const cacheBytes = house.cacheBytes - Math.floor(house.cacheBytes / 4);
    const { addons } = house.services;
    return { services: { resolutions: createResolutions({ ...house, addons, cacheBytes }) } };
  },
  addSchema: addResolution,
};
