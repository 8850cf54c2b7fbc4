import type { RestRoute } from './route.ts';
import { secretGroupRoutes } from './secret-groups.ts';

/** Every route under `/v1`. The description is made of it, and whatever is not in it does not exist. */
export const ROUTES: readonly RestRoute[] = [...secretGroupRoutes];
