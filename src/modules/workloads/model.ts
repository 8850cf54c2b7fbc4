import { z } from 'zod';
import type { Writing } from '../../domain/global-reference.ts';
import type { DirectValues, Workload, WorkloadKind } from '../../domain/types.ts';
import type { Weight } from '../../domain/weight.ts';
import {
  filesRule,
  idempotencyKeyRule,
  nameRule,
  platformIdRule,
  revisionRule,
  slugRule,
  stageRule,
  tagsRule,
  variablesRule,
} from '../../input/rules.ts';
import type { Json } from '../../store/port.ts';
import { type DocumentType, idOf, type Stored } from '../../vault/document.ts';
import { decodeFiles, encodeFiles } from '../contents.ts';

export type WorkloadFields = {
  readonly name: string;
  readonly tags: readonly string[];
  readonly stageId: string | null;
  /** Made when it is registered, kept by every put and by a restoration: tokens are for one registration. */
  readonly registration: string;
  /** Of its own values: how large environments may be is judged without opening anything. */
  readonly weight: Weight;
  readonly createdAt: string;
  readonly updatedAt: string;
};

const workloadDocument = (kind: WorkloadKind): DocumentType<WorkloadFields, DirectValues> => ({
  kind,
  encode: (direct) => ({
    variables: [...direct.variables],
    buildArguments: [...direct.buildArguments],
    files: encodeFiles(direct.files),
    buildFiles: encodeFiles(direct.buildFiles),
  }),
  decode: (json) => {
    const body = json as { readonly [name: string]: Json };
    return {
      variables: new Map(body.variables as [string, string][]),
      buildArguments: new Map(body.buildArguments as [string, string][]),
      files: decodeFiles(body.files),
      buildFiles: decodeFiles(body.buildFiles),
    };
  },
  /** Its tags. */
  terms: ({ fields }) => fields.tags,
});

export const serviceDocument = workloadDocument('service');
export const jobDocument = workloadDocument('job');
export const documentOf = (kind: WorkloadKind) => (kind === 'service' ? serviceDocument : jobDocument);

export interface StoredWorkload extends Stored<WorkloadFields, DirectValues> {
  readonly kind: WorkloadKind;
}

/** Field by field: a copy by spreading costs thousands of those who are told of a commit more than all that is looked up for them. */
export const asWorkload = (
  { key, revision, seq, deleted, tag, since, fields, body, size, isOpen }: Stored<WorkloadFields, DirectValues>,
  kind: WorkloadKind,
): StoredWorkload => ({ key, revision, seq, deleted, tag, since, fields, body, size, isOpen, kind });

/** As the resolution sees it. */
export const workloadFacts = (stored: StoredWorkload): Workload => ({
  id: idOf(stored.key),
  kind: stored.kind,
  tags: stored.fields.tags,
  direct: stored.body,
});

/** Where people write references in its own values. */
export const workloadWriting = ({ variables, buildArguments, files, buildFiles }: DirectValues): Writing => ({
  texts: [variables, buildArguments],
  files: [files, buildFiles],
});

const emptyMap = () => new Map<never, never>();

/** Whole replacement: what is not given is empty afterwards. */
export const putWorkloadInput = z.strictObject({
  project: slugRule,
  id: platformIdRule,
  name: nameRule,
  tags: tagsRule.nullish().transform((tags) => tags ?? []),
  stageId: stageRule.nullish().transform((stage) => stage ?? null),
  variables: variablesRule.nullish().transform((given) => given ?? emptyMap()),
  buildArguments: variablesRule.nullish().transform((given) => given ?? emptyMap()),
  files: filesRule.nullish().transform((given) => given ?? emptyMap()),
  buildFiles: filesRule.nullish().transform((given) => given ?? emptyMap()),
  allowDangerousNames: z.boolean().nullish(),
  expectedRevision: revisionRule,
  idempotencyKey: idempotencyKeyRule,
});
export const workloadOnlyInput = z.strictObject({ project: slugRule, id: platformIdRule });
export const deleteWorkloadInput = workloadOnlyInput.extend({ expectedRevision: revisionRule });
export type DeleteWorkloadInput = z.output<typeof deleteWorkloadInput>;
export type PutWorkloadInput = z.output<typeof putWorkloadInput>;

/** Of one that holds nothing itself. */
export const NONE: DirectValues = {
  variables: new Map(),
  buildArguments: new Map(),
  files: new Map(),
  buildFiles: new Map(),
};
