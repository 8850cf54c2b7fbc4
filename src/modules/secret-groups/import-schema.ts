import type { InputFieldBuilder } from '@pothos/core';
import { allowedById } from '../../graphql/types/allowed.ts';
import type { Builder, Types } from '../../graphql/types/builder.ts';
import { allowDangerousNames, expectedRevision } from '../../graphql/types/fields.ts';
import { groupAddress, idRule } from '../../graphql/types/ids.ts';
import { addAction } from '../../graphql/types/mutation.ts';
import { NameDiffType } from '../../graphql/types/name-diff.ts';
import type { Imported } from './imported.ts';
import { importInput } from './inputs.ts';
import { SecretGroupNode } from './node.ts';
import { ImportModeEnum, ImportSourceInput } from './types.ts';

type Inputs = InputFieldBuilder<Types, 'InputObject'>;

export const importFields = (t: Inputs) => ({
  source: t.field({ type: ImportSourceInput, required: true, description: 'The text and how it is written.' }),
  mode: t.field({
    type: ImportModeEnum,
    description: 'What becomes of the variables that are there; absent: `MERGE`.',
  }),
  allowDangerousNames: allowDangerousNames(t),
});

interface Given {
  readonly source: Imported['variables'];
  readonly mode?: 'merge' | 'replace' | null | undefined;
}
export const importedOf = ({ source, mode }: Given): Imported => ({ variables: source, replaces: mode === 'replace' });

export function addImportPreview(builder: Builder): void {
  addAction(builder, {
    name: 'previewSecretGroupImport',
    description:
      'What `importSecretGroupVariables` would do, by names; refuses what it would refuse, and changes nothing. Needs `WRITE` and `LIST_KEYS`; without `READ` each name that is given and there counts as changed.',
    input: (t) => ({
      id: t.id({ required: true, description: 'The secret group.' }),
      ...importFields(t),
      expectedRevision: expectedRevision(t),
    }),
    allowed: allowedById('write', 'secretGroup', 'SecretGroup', 'Secret group'),
    rules: importInput.extend({ id: idRule('SecretGroup').transform((local) => groupAddress(local)) }),
    failures: ['notFound', 'conflict', 'limit'],
    run: ({ id, ...input }, { services, session }) =>
      services.secretGroups.previewImport({ ...id, ...input }, importedOf(input), session),
    payload: {
      secretGroup: {
        type: SecretGroupNode,
        description: 'The secret group as it is: give its revision to the import.',
      },
      names: { type: NameDiffType, description: 'Names of variables that it would add, remove or change.' },
      unchanged: { type: ['String'], description: 'Names that are given with the value that they have.' },
    },
  });
}
