import { z } from 'zod';
import { platformIdRule } from '../../input/rules.ts';
import {
  FILE_FIELDS,
  type FileResult,
  filesMap,
  filesOf,
  MOUNT_FIELDS,
  mountsOf,
  placeInMap,
  type SecretsBody,
  secretsAnswer,
  secretsBody,
  VARIABLE_FIELDS,
  type VariableResult,
  variablesMap,
  variablesOf,
} from '../../rest/files.ts';
import { type Given, given, type JsonObject, lower, upper } from '../../rest/route.ts';
import { createGroupInput, linkedKeysRule, restrictionsRule, updateGroupInput } from './inputs.ts';

/** Secret groups as REST has them: the model's own rules, under the documented names. */

const rules = createGroupInput.shape;
const patchRules = updateGroupInput.shape;

const restrictionsBody = z.strictObject({
  restricted: restrictionsRule.shape.restricted,
  nfObjects: z
    .array(z.strictObject({ id: platformIdRule, type: z.enum(['service', 'job']) }))
    .max(1_000)
    .optional(),
  tags: restrictionsRule.shape.tags,
  tagMatchCondition: restrictionsRule.shape.tagMatchCondition,
});

export const keysBody = z.strictObject({ keys: linkedKeysRule });
const dependencies = z.array(
  z.strictObject({
    addonId: platformIdRule,
    keys: linkedKeysRule,
    required: z
      .boolean()
      .optional()
      .meta({ description: 'If true, a workload gets nothing at all while the addon yields no value.' }),
  }),
);

const shared = {
  restrictions: restrictionsBody.optional(),
  addonDependencies: dependencies.optional(),
  externalAddonDependencies: dependencies.optional(),
  secrets: secretsBody.optional(),
  allowDangerousNames: z
    .boolean()
    .optional()
    .meta({ description: 'Allow new names that can change what a process executes.' }),
};
const { name, description, stageId, tags, type, secretType, priority } = rules;
export const groupBody = z.strictObject({ name, description, stageId, tags, type, secretType, priority, ...shared });
export const patchBody = z.strictObject({
  description: patchRules.description,
  stageId: patchRules.stageId,
  tags: patchRules.tags,
  type: patchRules.type,
  secretType: patchRules.secretType,
  priority: patchRules.priority,
  ...shared,
});
/** What `POST` to a group takes: as a patch, without the stage and the tags. */
export const updateBody = patchBody.omit({ stageId: true, tags: true });

const restrictionsAnswer = z.strictObject({
  restricted: z.boolean(),
  nfObjects: z.array(z.strictObject({ id: z.string(), type: z.enum(['service', 'job']) })),
  tags: z.array(z.string()),
  tagMatchCondition: z.enum(['and', 'or']),
});
export const linkedKeyAnswer = { keyName: z.string(), aliases: z.array(z.string()) };
const dependenciesAnswer = z.array(
  z.strictObject({
    addonId: z.string(),
    keys: z.array(z.strictObject(linkedKeyAnswer)),
    required: z.literal(true).optional(),
  }),
);

const listedAnswer = {
  id: z.string(),
  projectId: z.string(),
  name: z.string(),
  tags: z.array(z.string()),
  description: z.string().optional(),
  stageId: z.string().optional(),
  type: z.enum(['secret', 'config']),
  secretType: z.enum(['environment', 'arguments', 'environment-arguments']),
  priority: z.int(),
  restrictions: restrictionsAnswer,
};
const times = { createdAt: z.string(), updatedAt: z.string() };
export const itemAnswer = z.strictObject(listedAnswer);
const { projectId, ...own } = listedAnswer;
/** Without what hangs on the right to list keys, for those who changed a group and have not got it. */
export const changedAnswer = z.strictObject({
  ...own,
  ...times,
  addonDependencies: dependenciesAnswer.optional(),
  externalAddonDependencies: dependenciesAnswer.optional(),
  secrets: secretsAnswer.optional(),
});
export const groupAnswer = z.strictObject({ ...own, projectId, ...times, secrets: secretsAnswer });

export const PLAIN_FIELDS = `slug name description stageId tags type secretType priority revision createdAt updatedAt
  restrictions { restricted workloads { id kind } tags tagMatchCondition }`;
export const LINK_FIELDS = 'addonLinks { kind addon required keys { keyName aliases names } }';
export const CONTENT_FIELDS = `variables { ${VARIABLE_FIELDS} } files { ${FILE_FIELDS} }
  dockerSecretMounts { ${MOUNT_FIELDS} }`;

export interface Link {
  readonly kind: string;
  readonly addon: string;
  readonly required: boolean;
  readonly keys: readonly {
    readonly keyName: string;
    readonly aliases: readonly string[];
    readonly names: readonly string[];
  }[];
}
export interface GroupResult {
  readonly slug: string;
  readonly name: string;
  readonly description: string | null;
  readonly stageId: string | null;
  readonly tags: readonly string[];
  readonly type: string;
  readonly secretType: string;
  readonly priority: number;
  readonly revision: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly restrictions: {
    readonly restricted: boolean;
    readonly workloads: readonly { readonly id: string; readonly kind: string }[];
    readonly tags: readonly string[];
    readonly tagMatchCondition: string;
  };
  readonly addonLinks?: readonly Link[];
  readonly variables?: readonly VariableResult[];
  readonly files?: readonly FileResult[];
  readonly dockerSecretMounts?: readonly FileResult[];
}

/** What every answer on a group says. */
export function plainOf(group: GroupResult): JsonObject {
  const { restrictions } = group;
  return {
    id: group.slug,
    name: group.name,
    ...(group.description === null ? {} : { description: group.description }),
    ...(group.stageId === null ? {} : { stageId: group.stageId }),
    tags: group.tags,
    type: lower(group.type),
    secretType: lower(group.secretType),
    priority: group.priority,
    restrictions: {
      restricted: restrictions.restricted,
      nfObjects: restrictions.workloads.map(({ id, kind }) => ({ id, type: lower(kind) })),
      tags: restrictions.tags,
      tagMatchCondition: lower(restrictions.tagMatchCondition),
    },
  };
}

export const secretsOf = ({ variables = [], files = [], dockerSecretMounts = [] }: GroupResult): JsonObject => ({
  variables: variablesMap(variables),
  files: filesMap(files),
  dockerSecretMounts: filesMap(dockerSecretMounts),
});

const linksOf = (links: readonly Link[], kind: string): readonly object[] =>
  links
    .filter((each) => each.kind === kind)
    .map(({ addon, keys, required }) => ({
      addonId: addon,
      keys: keys.map(({ keyName, aliases }) => ({ keyName, aliases })),
      ...(required ? { required } : {}),
    }));

/** A group that was just written, as far as its writer may see it. */
export function changedOf(group: GroupResult): JsonObject {
  const { addonLinks, variables, createdAt, updatedAt } = group;
  return {
    ...plainOf(group),
    ...(addonLinks
      ? {
          addonDependencies: linksOf(addonLinks, 'ADDON'),
          externalAddonDependencies: linksOf(addonLinks, 'EXTERNAL_ADDON'),
        }
      : {}),
    ...(variables ? { secrets: secretsOf(group) } : {}),
    createdAt,
    updatedAt,
  };
}

interface GroupBody {
  readonly restrictions?: z.input<typeof restrictionsBody>;
  readonly addonDependencies?: readonly Dependency[];
  readonly externalAddonDependencies?: readonly Dependency[];
  readonly secrets?: SecretsBody;
}
type Dependency = { readonly addonId: string; readonly required?: boolean; readonly keys: readonly unknown[] };

const linksIn = (kind: string, list: readonly Dependency[]): readonly object[] =>
  list.map(({ addonId, required, keys }) => given({ kind, addon: addonId, required, keys }));

/** The body as the input of the document. */
export function inputOf({ body }: Pick<Given, 'body'>): JsonObject {
  const { restrictions, addonDependencies, externalAddonDependencies, secrets, ...plain } = body as GroupBody &
    JsonObject;
  const isLinked = addonDependencies !== undefined || externalAddonDependencies !== undefined;
  return given({
    ...plain,
    type: upper(plain.type),
    secretType: upper(plain.secretType),
    restrictions:
      restrictions &&
      given({
        restricted: restrictions.restricted,
        workloads: restrictions.nfObjects?.map(({ id, type: kind }) => ({ id, kind: upper(kind) })),
        tags: restrictions.tags,
        tagMatchCondition: upper(restrictions.tagMatchCondition),
      }),
    addonLinks: isLinked
      ? [...linksIn('ADDON', addonDependencies ?? []), ...linksIn('EXTERNAL_ADDON', externalAddonDependencies ?? [])]
      : undefined,
    variables: variablesOf(secrets?.variables),
    files: filesOf(secrets?.files),
    dockerSecretMounts: mountsOf(secrets?.dockerSecretMounts),
  });
}

/** A patch: a kind of dependencies that the body does not name stays. */
export function patchOf(request: Pick<Given, 'body'>): JsonObject {
  const { addonDependencies, externalAddonDependencies } = request.body as GroupBody;
  const named = [
    ...(addonDependencies ? ['ADDON'] : []),
    ...(externalAddonDependencies ? ['EXTERNAL_ADDON'] : []),
  ] as const;
  return given({ ...inputOf(request), addonLinksKind: named.length === 1 ? named[0] : undefined });
}

/** Where a place in that input is in the body. */
export function placeInGroup([first = '', ...rest]: readonly string[], { body }: Given): readonly string[] {
  const { addonDependencies = [], secrets } = body as GroupBody;
  switch (first) {
    case 'variables':
    case 'files':
    case 'dockerSecretMounts':
      return placeInMap(['secrets'], first, rest, secrets?.[first]);
    case 'restrictions':
      return [first, ...rest.map((step) => ({ workloads: 'nfObjects', kind: 'type' })[step] ?? step)];
    case 'addonLinks': {
      const [index = '', ...below] = rest;
      const at = Number(index) - addonDependencies.length;
      const list = at < 0 ? ['addonDependencies', index] : ['externalAddonDependencies', String(at)];
      return [...list, ...below.map((step) => (step === 'addon' ? 'addonId' : step))];
    }
    default:
      return [first, ...rest];
  }
}
