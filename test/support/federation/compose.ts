import { composeServices as composeByApollo } from '@apollo/composition';
import { composeServices as composeByGuild } from '@theguild/federation-composition';
import { parse } from 'graphql';

export interface Composed {
  readonly supergraph: string;
  readonly errors: readonly string[];
}

interface Part {
  readonly name: string;
  readonly sdl: string;
  readonly url?: string;
}

/** By the composers that gateways use. */
export const COMPOSERS: Readonly<Record<'guild' | 'apollo', (parts: readonly Part[]) => Composed>> = {
  guild: (parts) => composed(composeByGuild(parsed(parts) as never)),
  apollo: (parts) => composed(composeByApollo(parsed(parts) as never)),
};

function parsed(parts: readonly Part[]) {
  return parts.map(({ name, sdl, url }) => ({ name, url: url ?? `http://${name}/graphql`, typeDefs: parse(sdl) }));
}

const composed = (result: {
  readonly supergraphSdl?: string | undefined;
  readonly errors?: readonly { readonly message: string }[] | undefined;
}): Composed => ({
  supergraph: result.supergraphSdl ?? '',
  errors: (result.errors ?? []).map(({ message }) => message),
});
