import { webhookProject } from '../../graphql/types/ids.ts';
import { byId, nodeRef } from '../../graphql/types/nodes.ts';
import type { StoredWebhook } from '../restarts/model.ts';
import { types } from './types.ts';

export const DeployWebhookNode = nodeRef(types, 'DeployWebhook', {
  id: { resolve: ({ key }: StoredWebhook) => key.slice(1).join('/') },
  load: byId((id, { services, session }) => services.deployWebhooks.ofProject(webhookProject(id), session)),
});
