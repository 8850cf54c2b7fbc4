import { byId, nodeRef } from '../../graphql/types/nodes.ts';
import { placeInApp } from '../apps/model.ts';
import type { StoredAppSecret } from './model.ts';
import { types } from './types.ts';

export const AppSecretNode = nodeRef(types, 'AppSecret', {
  id: { resolve: ({ key }: StoredAppSecret) => key.slice(1).join('/') },
  load: byId((id, { services, session }) => services.appSecrets.bySlug(placeInApp(id), session)),
});
