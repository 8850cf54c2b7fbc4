import type { EnumRef } from '@pothos/core';
import { createTokenInput, revokeTokenInput } from '../../access/inputs.ts';
import type { TokenKind } from '../../access/model.ts';
import type { TokenFacts } from '../../access/tokens.ts';
import { allowedInTeam } from '../../graphql/types/allowed.ts';
import type { Builder, Types } from '../../graphql/types/builder.ts';
import { idempotencyKey } from '../../graphql/types/fields.ts';
import { idRule } from '../../graphql/types/ids.ts';
import { addMutation } from '../../graphql/types/mutation.ts';
import { WorkloadRefInput } from '../workloads/types.ts';
import { TokenNode } from './node.ts';

const ofToken = ({ token }: { readonly token: TokenFacts }): string => `token/${token.id}`;

/** Making and ending tokens. */
export function addTokenMutations(builder: Builder, TokenKindEnum: EnumRef<Types, TokenKind>): void {
  const token = { type: TokenNode, description: 'The token.' };
  addMutation(builder, {
    name: 'createToken',
    description: 'Creates a token that allows no more, and lasts no longer, than your own. Requires `ADMIN` on tokens.',
    input: (t) => ({
      name: t.string({ required: true, description: 'What it is for.' }),
      kind: t.field({ type: TokenKindEnum, required: true, description: 'Kind of principal.' }),
      role: t.field({ type: 'Slug', required: true, description: 'Slug of its role.' }),
      workload: t.field({
        type: WorkloadRefInput,
        description: 'The workload of a dependent, with its project; required for one, and only for one.',
      }),
      expiresAt: t.field({ type: 'DateTime', description: 'When it expires. Default: never.' }),
      networks: t.stringList({
        description:
          '1-100 addresses and networks that a gateway may send from, such as `10.0.0.0/8`. For a `GATEWAY` only. Default: any.',
      }),
      signed: t.boolean({
        description: 'Whether a gateway must sign what it sends. Default: false. For a `GATEWAY` only.',
      }),
      idempotencyKey: idempotencyKey(t),
    }),
    allowed: allowedInTeam('admin', 'token'),
    rules: createTokenInput,
    failures: ['notFound', 'conflict'],
    run: (input, { services, session }) => services.access.createToken(input, session),
    payload: {
      token,
      text: {
        type: 'String',
        nullable: true,
        description: 'The text of the token, shown only once; null in a repeated response.',
        toldOf: ofToken,
      },
      signingSecret: {
        type: 'String',
        nullable: true,
        description:
          "The gateway's signing secret, shown only once; null for a token that does not sign, and in a repeated response.",
        toldOf: ofToken,
      },
    },
  });
  addMutation(builder, {
    name: 'revokeToken',
    description:
      'Ends a token at once. Refused for the last one that can administer roles and tokens. Requires `ADMIN` on tokens.',
    input: (t) => ({
      id: t.id({ required: true, description: 'The token.' }),
      descendants: t.boolean({
        description: 'Also revoke the tokens that it created, directly or through others. Default: false.',
      }),
    }),
    allowed: allowedInTeam('admin', 'token'),
    rules: revokeTokenInput.extend({ id: idRule('Token') }),
    failures: ['notFound', 'conflict', 'limit'],
    run: ({ id, descendants }, { services, session }) => services.access.revokeToken(id, descendants ?? false, session),
    payload: {
      token,
      descendants: {
        type: [TokenNode],
        description: 'Tokens that it created, directly or through others: revoked with it, or still valid.',
      },
    },
  });
}
