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
  source: t.field({ type: ImportSourceInput, required: true, description: 'The text and its format.' }),
  mode: t.field({
    type: ImportModeEnum,
    description: 'What happens to existing variables. Default: `MERGE`.',
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
      'What `importSecretGroupVariables` would do, by names, with the same checks; changes nothing. Requires `WRITE` and `LIST_KEYS`; without `READ`, every existing variable that the text names counts as changed.',
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
        description: 'The current secret group. Give its revision to the import.',
      },
      names: { type: NameDiffType, description: 'Names of the variables that the import would add, remove or change.' },
      unchanged: { type: ['String'], description: 'Names whose given value is their current one.' },
    },
  });
}
