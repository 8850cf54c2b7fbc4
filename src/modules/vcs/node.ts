import { byId, nodeRef } from '../../graphql/types/nodes.ts';
import { idOf } from '../../vault/document.ts';
import type { StoredAccount } from './model.ts';
import { types } from './types.ts';

export const VcsAccountNode = nodeRef(types, 'VcsAccount', {
  id: { resolve: ({ key }: StoredAccount) => idOf(key) },
  load: byId((id, { services, session }) => services.vcsAccounts.byId(id, session)),
});
