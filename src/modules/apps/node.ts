import { byId, nodeRef } from '../../graphql/types/nodes.ts';
import { idOf } from '../../vault/document.ts';
import { placeInApp, type StoredApp, type StoredEnvironment } from './model.ts';
import { types } from './types.ts';

export const AppNode = nodeRef(types, 'App', {
  id: { resolve: ({ key }: StoredApp) => idOf(key) },
  load: byId((id, { services, session }) => services.apps.bySlug(id, session)),
});

export const EnvironmentNode = nodeRef(types, 'Environment', {
  id: { resolve: ({ key }: StoredEnvironment) => key.slice(1).join('/') },
  load: byId((id, { services, session }) => services.environments.bySlug(placeInApp(id), session)),
});
