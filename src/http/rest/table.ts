import { addonRoutes } from './addons.ts';
import { appRoutes } from './apps.ts';
import { globalSecretRoutes } from './global-secrets.ts';
import { identityRoutes } from './identity.ts';
import { importRoutes } from './imports.ts';
import { linkRoutes } from './links.ts';
import { catalogueRoutes } from './projects.ts';
import type { RestRoute } from './route.ts';
import { secretGroupRoutes } from './secret-groups.ts';
import { workloadRoutes } from './workloads.ts';

/** Every route under `/v1`. The description is made of it, and whatever is not in it does not exist. */
export const ROUTES: readonly RestRoute[] = [
  ...identityRoutes,
  ...secretGroupRoutes,
  ...importRoutes,
  ...linkRoutes,
  ...globalSecretRoutes,
  ...workloadRoutes,
  ...appRoutes,
  ...catalogueRoutes,
  ...addonRoutes,
];
