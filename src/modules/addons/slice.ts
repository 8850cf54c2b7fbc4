import type { LimitTable, ValuesOf } from '../../kernel/limits.ts';
import type { Slice } from '../slice.ts';
import { addonRoutes } from './rest.ts';
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

const limits = {
  addonTtlMs: { default: 60_000, min: 0, words: 'Milliseconds for which the values of an external addon are fresh.' },
  addonStaleMs: {
    default: 600_000,
    min: 0,
    words: 'Milliseconds for which its last good values stand in when it does not answer.',
  },
  addonPatienceMs: {
    default: 200,
    min: 0,
    words: 'Milliseconds for which a resolution waits for an addon that has last good values.',
  },
  retiringPerAddon: { default: 20, min: 1, words: 'Old credentials of an addon that are not retired yet.' },
  addonsPerProject: { default: 500, min: 1, words: 'Addons and external addons in a project.' },
} as const satisfies LimitTable;

declare module '../../kernel/limits.ts' {
  interface NounLimits extends ValuesOf<typeof limits> {}
}

export const addons: Slice = {
  name: 'addons',
  limits,
  resources: [{ name: 'addon', words: 'Addons and external addons.', class: 'values' }],
  types,
  shown: shownAddons,
  create(house) {
    const addons = createAddons({ ...house, cacheBytes: Math.floor(house.cacheBytes / 4) });
    const atStart = [(signal: AbortSignal) => addons.warnOfBareHosts(house.reach.bareHosts, signal)];
    return { services: { addons }, jobs: addons.jobs, atStart };
  },
  rest: addonRoutes,
  addSchema: addAddons,
};
