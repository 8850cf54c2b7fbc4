import type { GraphQLSchema } from 'graphql';
import { addAccess } from '../modules/access/schema.ts';
import { addAddons } from '../modules/addons/schema.ts';
import { addAppSecrets } from '../modules/app-secrets/schema.ts';
import { addApps } from '../modules/apps/schema.ts';
import { addCertificates } from '../modules/certificates/schema.ts';
import { addChanges } from '../modules/changes/schema.ts';
import { addStreams } from '../modules/changes/stream-schema.ts';
import { addDeleted } from '../modules/deleted/schema.ts';
import { addGlobalSecrets } from '../modules/global-secrets/schema.ts';
import { addProjects } from '../modules/projects/schema.ts';
import { addResolution } from '../modules/resolution/schema.ts';
import { addRestarts } from '../modules/restarts/schema.ts';
import { addSecretGroups } from '../modules/secret-groups/schema.ts';
import { addTags } from '../modules/tags/schema.ts';
import { addVcsAccounts } from '../modules/vcs/schema.ts';
import { addWorkloads } from '../modules/workloads/schema.ts';
import { withMeters } from './engine/answer-meter.ts';
import { builder } from './types/builder.ts';

for (const add of [
  addAccess,
  addProjects,
  addTags,
  addWorkloads,
  addSecretGroups,
  addVcsAccounts,
  addGlobalSecrets,
  addAddons,
  addCertificates,
  addApps,
  addAppSecrets,
  addResolution,
  addRestarts,
  addChanges,
  addStreams,
  addDeleted,
])
  add(builder);

/** The whole API. One schema a process. */
export const schema: GraphQLSchema = withMeters(builder.toSchema());
