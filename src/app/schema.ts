import type { GraphQLSchema } from 'graphql';
import { withMeters } from '../graphql/engine/answer-meter.ts';
import { createBuilder } from '../graphql/types/builder.ts';
import { addErrors } from '../graphql/types/errors.ts';
import { extensionsOf } from '../graphql/types/federated.ts';
import { shared } from '../graphql/types/shared.ts';
import { federatedOf, nounsOf, type Slice } from '../modules/slice.ts';
import { SLICES } from './slices.ts';

/** The whole API of some nouns. */
export function createSchema(slices: readonly Slice[] = SLICES): GraphQLSchema {
  const nouns = nounsOf(slices);
  const builder = createBuilder();
  shared.addTo(builder);
  addErrors(builder);
  for (const { types } of slices) types?.addTo(builder);
  for (const { addSchema } of slices) addSchema?.(builder, nouns);
  // In the order of the slices: who prints it sorts it.
  return withMeters(builder.toSchema({ sortSchema: false, extensions: extensionsOf(federatedOf(slices)) }));
}

const made = new WeakMap<readonly Slice[], GraphQLSchema>();

/** The same, built once for a list: it takes a while, and gateways of one process can share it. */
export function schemaOf(slices: readonly Slice[]): GraphQLSchema {
  const schema = made.get(slices) ?? createSchema(slices);
  made.set(slices, schema);
  return schema;
}
