import type { GraphQLSchema } from 'graphql';
import type { AccessService } from '../access/service.ts';
import type { Session } from '../access/session.ts';
import { createSubgraph } from '../graphql/federation/entities.ts';
import { rootFieldOf, type SubgraphOptions } from '../graphql/federation/shape.ts';
import type { Context } from '../graphql/types/context.ts';
import type { ContextFor, KnownCallers } from '../http/caller.ts';
import { GATEWAY_HEADER, gatewayHeadersIn } from '../http/forwarded.ts';
import type { GraphqlLane } from '../http/lanes.ts';
import { unauthenticated } from '../kernel/errors.ts';

interface Deps {
  readonly schema: GraphQLSchema;
  readonly access: Pick<AccessService, 'forward' | 'forwarded'>;
  readonly contextOf: (session: Session) => Context;
  readonly fileMutations: ReadonlySet<string>;
}

const BEARER = 'Bearer ';

/** What federation gateways may ask: each request takes the gateway's token, and the user's for all but the schema. */
export function createFederation(
  { schema: publicSchema, access, contextOf, fileMutations }: Deps,
  options: SubgraphOptions,
): GraphqlLane {
  const { schema } = createSubgraph(publicSchema, options);
  const contextFor: ContextFor = async ({ authorization, headers = [], address = '', signal }) => {
    const { gateway, user, signature } = credentialsIn(authorization, headers);
    const { session, checkSignature } = await access.forward({ gateway, user, address }, signal);
    const context = contextOf(session);
    const stamp = stampOf(context);
    if (checkSignature === null) return { ...context, stamp };
    return { ...context, stamp, checkSignature: (signed) => checkSignature(signature, signed) };
  };
  const known: KnownCallers = {
    find(authorization, headers, address) {
      const found = access.forwarded({ ...credentialsIn(authorization, headers), address });
      return found && { principal: found.principal, stamp: stampOf(found) };
    },
  };
  const named = [...fileMutations].map((name) => rootFieldOf(name, options.prefix));
  return { schema, contextFor, known, fileMutations: new Set(named) };
}

/** The public schema has answers of its own to the same words. */
const stampOf = ({ stamp }: { readonly stamp: string }): string => `federation ${stamp}`;

/** Both tokens of a request, and its signature. */
function credentialsIn(authorization: string | undefined, headers: readonly string[]) {
  const { gateway, signature } = gatewayHeadersIn(headers);
  if (gateway === undefined) throw unauthenticated(`A gateway's token is required as ${GATEWAY_HEADER}`);
  if (authorization !== undefined && !authorization.startsWith(BEARER)) throw unauthenticated();
  return { gateway, user: authorization?.slice(BEARER.length) ?? null, signature };
}
