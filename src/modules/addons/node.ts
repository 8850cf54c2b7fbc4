import { groupAddress } from '../../graphql/types/ids.ts';
import { byId, nodeRef } from '../../graphql/types/nodes.ts';
import type { AddonKind, StoredAddon } from './model.ts';
import { types } from './types.ts';

const addonRef = (name: 'Addon' | 'ExternalAddon', kind: AddonKind) =>
  nodeRef(types, name, {
    id: { resolve: ({ key }: StoredAddon) => key.slice(1).join('/') },
    load: byId((id, { services, session }) => services.addons.bySlug({ kind, ...groupAddress(id) }, session)),
  });
export const AddonNode = addonRef('Addon', 'addon');
export const ExternalAddonNode = addonRef('ExternalAddon', 'external-addon');

/** By the name of their field in a project. */
export const addonNodes = { addon: AddonNode, externalAddon: ExternalAddonNode };
