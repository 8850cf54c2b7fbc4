import type { Writing } from '../../domain/global-reference.ts';
import type {
  AddonLink,
  Group,
  GroupBody,
  GroupHeader,
  Restrictions,
  SecretType,
  Sensitivity,
} from '../../domain/types.ts';
import { type Weight, weightOf } from '../../domain/weight.ts';
import type { Json } from '../../store/port.ts';
import { type DocumentType, idOf, type Stored } from '../../vault/document.ts';
import { decodeFiles, encodeFiles } from '../contents.ts';
import { amountsOfGroup, termsOfGroup } from './terms.ts';

/** What is kept in plain text, and authenticated: all that decides who gets the group. */
export type GroupFields = {
  readonly name: string;
  readonly stageId: string | null;
  readonly tags: readonly string[];
  readonly type: Sensitivity;
  readonly secretType: SecretType;
  readonly priority: number;
  readonly restrictions: {
    readonly restricted: boolean;
    readonly workloads: readonly { readonly id: string; readonly kind: 'service' | 'job' }[];
    readonly tags: readonly string[];
    readonly tagMatchCondition: 'and' | 'or';
  };
  /** Of what is sealed: how large environments may be is judged without opening anything. */
  readonly weight: Weight;
  readonly createdAt: string;
  readonly updatedAt: string;
};

/** What is sealed. */
export interface GroupContent extends GroupBody {
  readonly description: string | null;
}

export const groupDocument: DocumentType<GroupFields, GroupContent> = {
  kind: 'secretGroup',
  encode: (body) =>
    ({
      description: body.description,
      variables: [...body.variables],
      files: encodeFiles(body.files),
      mounts: encodeFiles(body.mounts),
      links: body.links.map((link) => ({ ...link, keys: link.keys.map((key) => ({ ...key })) })),
    }) satisfies Record<keyof GroupContent, Json>,
  decode: (json) => {
    const body = json as { readonly [name: string]: Json };
    return {
      description: body.description as string | null,
      variables: new Map(body.variables as [string, string][]),
      files: decodeFiles(body.files),
      mounts: decodeFiles(body.mounts),
      links: body.links as unknown as readonly AddonLink[],
    };
  },
  terms: ({ fields }) => termsOfGroup(fields),
  amounts: ({ fields }) => amountsOfGroup(fields),
};

/** Where people write references in it. */
export const groupWriting = ({ variables, files, mounts }: GroupBody): Writing => ({
  texts: [variables],
  files: [files, mounts],
});

export type StoredGroup = Stored<GroupFields, GroupContent>;

export const groupHeader = ({ key, fields }: StoredGroup): GroupHeader => ({
  id: idOf(key),
  type: fields.type,
  secretType: fields.secretType,
  priority: fields.priority,
  restrictions: fields.restrictions,
});

/** As the resolution sees it. */
export const groupFacts = (stored: StoredGroup): Group => ({
  ...groupHeader(stored),
  version: stored.revision,
  body: stored.body,
});

export const UNRESTRICTED: Restrictions = { restricted: false, workloads: [], tags: [], tagMatchCondition: 'or' };

/** Everything of a group that people set. */
export interface GroupState extends GroupContent {
  readonly name: string;
  readonly stageId: string | null;
  readonly tags: readonly string[];
  readonly type: Sensitivity;
  readonly secretType: SecretType;
  readonly priority: number;
  readonly restrictions: Restrictions;
}

/** What is compared by the names in it. */
type Named = 'variables' | 'files' | 'mounts' | 'links';

/** What differences of revisions name as a whole: all the rest, which the compiler asks for. */
const PLAIN = {
  name: true,
  description: true,
  stageId: true,
  tags: true,
  type: true,
  secretType: true,
  priority: true,
  restrictions: true,
} as const satisfies Record<Exclude<keyof GroupState, Named>, true>;
export const PLAIN_NAMES = Object.keys(PLAIN) as readonly (keyof typeof PLAIN)[];

export const stateOf = ({ fields, body }: StoredGroup): GroupState => {
  const { name, stageId, tags, type, secretType, priority, restrictions } = fields;
  return { name, stageId, tags, type, secretType, priority, restrictions, ...body() };
};

/** Splits a state into what is kept plain and what is sealed. */
export function partsOf(
  state: GroupState,
  times: { readonly createdAt: string; readonly updatedAt: string },
): { readonly fields: GroupFields; readonly body: GroupContent } {
  const { name, stageId, tags, type, secretType, priority, restrictions, ...body } = state;
  const weight = weightOf({ ...groupWriting(body), links: body.links });
  return { fields: { name, stageId, tags, type, secretType, priority, restrictions, weight, ...times }, body };
}
