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
import { type Builder, createBuilder } from './types/builder.ts';
import { addErrors } from './types/errors.ts';
import { shared } from './types/shared.ts';

const SLICES: readonly ((builder: Builder) => void)[] = [
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
];

/** The whole API. */
export function createSchema(): GraphQLSchema {
  const builder = createBuilder();
  shared.addTo(builder);
  addErrors(builder);
  for (const add of SLICES) add(builder);
  return withMeters(builder.toSchema());
}

export const schema: GraphQLSchema = createSchema();
