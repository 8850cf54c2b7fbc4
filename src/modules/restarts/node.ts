import { groupAddress } from '../../graphql/types/ids.ts';
import { byId, nodeRef } from '../../graphql/types/nodes.ts';
import { idOf } from '../../vault/document.ts';
import type { RequestView } from './lookup.ts';
import type { StoredRestart } from './model.ts';
import { types } from './types.ts';

export const RestartNode = nodeRef(types, 'Restart', {
  id: { resolve: ({ key }: StoredRestart) => idOf(key) },
  load: byId((id, { services, session }) => services.restarts.restartById(id, session)),
});

export const RestartRequestNode = nodeRef(types, 'RestartRequest', {
  id: { resolve: ({ request }: RequestView) => request.key.slice(1).join('/') },
  load: byId((local, { services, session }) => {
    const { project, slug } = groupAddress(local);
    return services.restarts.byId(project, slug, session);
  }),
});
