import { byId, nodeRef } from '../../graphql/types/nodes.ts';
import { idOf } from '../../vault/document.ts';
import type { StoredProject } from './model.ts';
import { types } from './types.ts';

export const ProjectNode = nodeRef(types, 'Project', {
  id: { resolve: ({ key }: StoredProject) => idOf(key) },
  load: byId((id, { services, session }) => services.projects.bySlug(id, session)),
});
