import type { GraphQLSchema } from 'graphql';

/** What of the nouns of a schema a larger graph knows. */
export interface Federated {
  /** Types that are entities by their opaque `id`. */
  readonly entities: readonly string[];
  /** Fields of services and jobs that Keyloom adds to those of the deploy platform. */
  readonly ofWorkloads: readonly string[];
}

const FEDERATED = 'keyloomFederated';

/** Extensions of a schema: whoever has the schema knows it. */
export const extensionsOf = (federated: Federated) => ({ [FEDERATED]: federated });

export function federatedIn({ extensions }: GraphQLSchema): Federated {
  const said = (extensions as { readonly [FEDERATED]?: Federated })[FEDERATED];
  if (!said) throw new Error('The schema does not say what a larger graph knows of it');
  return said;
}
