import { groupAddress } from '../../graphql/types/ids.ts';
import { byId, nodeRef } from '../../graphql/types/nodes.ts';
import type { StoredGroup } from './model.ts';
import { types } from './types.ts';

export const SecretGroupNode = nodeRef(types, 'SecretGroup', {
  id: { resolve: ({ key }: StoredGroup) => key.slice(1).join('/') },
  load: byId((id, { services, session }) => services.secretGroups.bySlug(groupAddress(id), session)),
});
