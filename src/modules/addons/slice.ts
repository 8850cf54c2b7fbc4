import type { Slice } from '../slice.ts';
import { addAddons } from './schema.ts';
import { type AddonsService, createAddons } from './service.ts';
import { shownAddons } from './shown.ts';
import { types } from './types.ts';

declare module '../../graphql/types/services.ts' {
  interface Services {
    readonly addons: AddonsService;
  }
}

declare module '../../access/model.ts' {
  interface Resources {
    readonly addon: true;
  }
}

declare module '../../store/port.ts' {
  interface Kinds {
    readonly addon: true;
    readonly externalAddon: true;
  }
}

export const addons: Slice = {
  name: 'addons',
  resources: [{ name: 'addon', words: 'Addons and external addons.', class: 'values' }],
  types,
  shown: shownAddons,
  create(house) {
    const addons = createAddons({ ...house, cacheBytes: Math.floor(house.cacheBytes / 4) });
    return { services: { addons }, jobs: addons.jobs };
  },
  addSchema: addAddons,
};
