import type { Named } from '../access/named.ts';
import { access } from '../modules/access/slice.ts';
import { addons } from '../modules/addons/slice.ts';
import { appSecrets } from '../modules/app-secrets/slice.ts';
import { apps } from '../modules/apps/slice.ts';
import { certificates } from '../modules/certificates/slice.ts';
import { changes } from '../modules/changes/slice.ts';
import { deleted } from '../modules/deleted/slice.ts';
import { dependents } from '../modules/dependents/slice.ts';
import { deployWebhooks } from '../modules/deploy-webhooks/slice.ts';
import { gitSync } from '../modules/git-sync/slice.ts';
import { globalSecrets } from '../modules/global-secrets/slice.ts';
import { namedProjects } from '../modules/projects/bindings.ts';
import { projects } from '../modules/projects/slice.ts';
import { resolution } from '../modules/resolution/slice.ts';
import { restarts } from '../modules/restarts/slice.ts';
import { secretGroups } from '../modules/secret-groups/slice.ts';
import type { Slice } from '../modules/slice.ts';
import { tags } from '../modules/tags/slice.ts';
import { vcs } from '../modules/vcs/slice.ts';
import { namedWorkloads } from '../modules/workloads/registrations.ts';
import { workloads } from '../modules/workloads/slice.ts';

/** The only list of nouns. Each is created after those before it, which it may use. */
export const SLICES: readonly Slice[] = [
  access,
  projects,
  tags,
  workloads,
  vcs,
  addons,
  secretGroups,
  globalSecrets,
  gitSync,
  certificates,
  apps,
  appSecrets,
  resolution,
  dependents,
  deployWebhooks,
  restarts,
  changes,
  deleted,
];

/** What grants and tokens name, said by the nouns that they name. */
export const NAMED: Named = { ...namedProjects, ...namedWorkloads };
