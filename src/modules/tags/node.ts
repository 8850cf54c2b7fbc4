import { byId, nodeRef } from '../../graphql/types/nodes.ts';
import { idOf } from '../../vault/document.ts';
import type { StoredTag } from './model.ts';
import { types } from './types.ts';

export const TagNode = nodeRef(types, 'Tag', {
  id: { resolve: ({ key }: StoredTag) => idOf(key) },
  load: byId((id, { services, session }) => services.tags.byName(id, session)),
});
