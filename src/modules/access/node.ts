import type { Role } from '../../access/model.ts';
import type { TokenFacts } from '../../access/tokens.ts';
import { byId, nodeRef } from '../../graphql/types/nodes.ts';
import { types } from './types.ts';

export const TokenNode = nodeRef(types, 'Token', {
  id: { resolve: ({ id }: TokenFacts) => id },
  load: byId((id, { services, session }) => services.access.tokenById(id, session)),
});

export const RoleNode = nodeRef(types, 'Role', {
  id: { resolve: ({ slug }: Role) => slug },
  load: byId((id, { services, session }) => services.access.roleBySlug(id, session)),
});
