import type { InputFieldBuilder, InputFieldMap } from '@pothos/core';
import type { z } from 'zod';
import type { Verb } from '../../access/model.ts';
import { allowedById } from '../../graphql/types/allowed.ts';
import type { Builder, Types } from '../../graphql/types/builder.ts';
import type { Context } from '../../graphql/types/context.ts';
import { expectedRevision } from '../../graphql/types/fields.ts';
import { groupAddress, idRule } from '../../graphql/types/ids.ts';
import { addMutation } from '../../graphql/types/mutation.ts';
import type { CommitFacts } from '../../vault/change.ts';
import type { GroupUpdate } from './finding.ts';
import type { StoredGroup } from './model.ts';
import { SecretGroupNode } from './node.ts';

type Inputs = InputFieldBuilder<Types, 'InputObject'>;
type Changed = { readonly secretGroup: StoredGroup; readonly commit: CommitFacts };

/** What every mutation of a group answers. */
export const payload = { secretGroup: { type: SecretGroupNode, description: 'The secret group.' } };

const addressRule = idRule('SecretGroup').transform((local) => groupAddress(local));

interface UpdateOptions<Rules extends z.ZodObject> {
  readonly name: string;
  readonly description: string;
  readonly input: (t: Inputs) => InputFieldMap;
  /** What it needs on the group; absent: `WRITE`. */
  readonly verb?: Verb;
  readonly rules: Rules;
  readonly run: (ref: GroupUpdate, input: z.output<Rules>, context: Context) => Promise<Changed>;
}

/** A mutation of one group that is there: its id, the revision that the caller saw, and what to do. */
export function addUpdate<Rules extends z.ZodObject>(builder: Builder, options: UpdateOptions<Rules>): void {
  const { name, description, input, verb = 'write', rules, run } = options;
  addMutation(builder, {
    name,
    description,
    input: (t) => ({
      id: t.id({ required: true, description: 'The secret group.' }),
      ...input(t),
      expectedRevision: expectedRevision(t),
    }),
    allowed: allowedById(verb, 'secretGroup', 'SecretGroup', 'Secret group'),
    rules: rules.extend({ id: addressRule }),
    failures: ['notFound', 'conflict', 'limit'],
    run: (given, context) => {
      const {
        id,
        expectedRevision: revision,
        allowDangerousNames: allowed,
        ...rest
      } = given as Record<string, unknown>;
      const ref = {
        ...(id as ReturnType<typeof groupAddress>),
        expectedRevision: revision as number | null | undefined,
        allowDangerousNames: allowed as boolean | null | undefined,
      };
      return run(ref, rest as z.output<Rules>, context);
    },
    payload,
  });
}
