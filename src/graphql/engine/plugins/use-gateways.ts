import type { Plugin } from 'graphql-yoga';
import { unauthenticated } from '../../../kernel/errors.ts';
import { pipedOf } from '../piped.ts';

/** What a federation gateway may ask without a user: what it takes to compose the larger graph. */
const WITHOUT_USER: ReadonlySet<string> = new Set(['_service', '__typename']);

interface Asked {
  readonly session?: { readonly principal: { readonly kind?: string } };
}

/** A gateway's own token reads nothing: everything but the subgraph's schema takes the token of a user. */
export function useGateways(): Plugin {
  return {
    onContextBuilding({ context }) {
      const { session } = context as Asked;
      const { operation } = pipedOf(context);
      if (session?.principal.kind !== 'gateway' || operation === undefined) return;
      const isSchema =
        operation.node.operation === 'query' && [...operation.rootFields].every((name) => WITHOUT_USER.has(name));
      if (!isSchema) throw unauthenticated('The token of a user is required beside that of the gateway');
    },
  };
}
