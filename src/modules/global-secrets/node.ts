import { byId, nodeRef } from '../../graphql/types/nodes.ts';
import { idOf } from '../../vault/document.ts';
import type { StoredGlobal } from './model.ts';
import { types } from './types.ts';

export const GlobalSecretNode = nodeRef(types, 'GlobalSecret', {
  id: { resolve: ({ key }: StoredGlobal) => idOf(key) },
  load: byId((id, { services, session }) => services.globalSecrets.bySlug(id, session)),
});
