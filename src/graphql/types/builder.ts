import SchemaBuilder from '@pothos/core';
import ErrorsPlugin from '@pothos/plugin-errors';
import RelayPlugin from '@pothos/plugin-relay';
import ValidationPlugin from '@pothos/plugin-validation';
import { GraphQLDateTime, GraphQLSafeInt } from 'graphql-scalars';
import { capital } from '../../kernel/casing.ts';
import { invalidInput } from '../../kernel/errors.ts';
import type { Context } from './context.ts';
import { decodeGlobalId } from './ids.ts';
import { invalidInputFrom } from './invalid-input.ts';
import { orNull } from './or-null.ts';
import { Base64Scalar, CursorScalar, JsonScalar, SlugScalar } from './scalars.ts';

export interface SchemaTypes {
  readonly Context: Context;
  readonly DefaultFieldNullability: false;
  readonly DefaultEdgesNullability: { list: false; items: false };
  readonly DefaultNodeNullability: false;
  readonly Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: string };
    SafeInt: { Input: number; Output: number };
    JSON: { Input: unknown; Output: unknown };
    Slug: { Input: string; Output: string };
    Base64: { Input: string; Output: string };
    Cursor: { Input: string; Output: string };
  };
}

const makeBuilder = () =>
  new SchemaBuilder<SchemaTypes>({
    plugins: [ErrorsPlugin, ValidationPlugin, RelayPlugin],
    defaultFieldNullability: false,
    errors: {
      directResult: true,
      // The context is refused to strangers before, so input errors tell them nothing.
      unsafelyHandleInputErrors: true,
      defaultUnionOptions: {
        name: ({ fieldName }) => `${capital(fieldName)}Result`,
        description: 'The result, or the expected error.',
      },
    },
    validation: { validationError: ({ issues }) => invalidInputFrom(issues) },
    relay: {
      // Pothos knows String and ID by type; at run time any scalar will do.
      cursorType: 'Cursor' as string as 'String',
      // As the specification of Relay has them.
      pageInfoCursorType: 'String',
      clientMutationId: 'omit',
      decodeGlobalID: decodeGlobalId,
      nodesOnConnection: { description: 'The items of this page.' },
      idFieldOptions: { description: 'Opaque global id. Never changes.' },
      nodeTypeOptions: { description: 'An object with an opaque global id.' },
      nodeQueryOptions: {
        description: 'The object with this id; null if there is none or you may not see it.',
        args: { id: { description: 'The global id, from an `id` field.' } },
        resolve: (_root, { id }, _context, _info, resolveNode) => orNull(Promise.resolve(resolveNode(id))),
      },
      nodesQueryOptions: {
        description:
          'The objects with these ids, in their order; null for each that does not exist or that you may not see.',
        args: { ids: { description: 'Global ids, at most 100.' } },
        resolve: async (_root, { ids }, _context, _info, resolveNodes) => {
          if (ids.length > 100)
            throw invalidInput([{ path: ['ids'], rule: 'max', message: 'must have at most 100 entries' }]);
          const found = await resolveNodes(ids);
          return Promise.all(found.map((node) => orNull(Promise.resolve(node))));
        },
      },
      pageInfoTypeOptions: { description: 'Position of a page in its list.' },
      hasNextPageFieldOptions: { description: 'Whether the list has items after this page.' },
      hasPreviousPageFieldOptions: { description: 'Whether the list has items before this page.' },
      startCursorFieldOptions: { description: 'Cursor of the first item; null on an empty page.' },
      endCursorFieldOptions: { description: 'Cursor of the last item; null on an empty page.' },
      cursorFieldOptions: { description: 'Position of this item in the list.' },
      nodeFieldOptions: { description: 'The item.', nullable: false },
      edgesFieldOptions: {
        description: 'The items of this page with their cursors.',
        nullable: { list: false, items: false },
      },
      pageInfoFieldOptions: { description: 'Position of this page in the list.' },
      beforeArgOptions: { description: 'Only items before this cursor.' },
      afterArgOptions: { description: 'Only items after this cursor.' },
      firstArgOptions: { description: 'Number of items from the start, 0-100 (default 50).' },
      lastArgOptions: { description: 'Number of items from the end, 0-100. Cannot be combined with `first`.' },
      defaultConnectionTypeOptions: { description: 'A page of a list.' },
      defaultEdgeTypeOptions: { description: 'An item of a list and its place.' },
    },
  });

export type Builder = ReturnType<typeof makeBuilder>;
export type Types = Builder extends PothosSchemaTypes.SchemaBuilder<infer T> ? T : never;

/** A builder with the root types and scalars, for one schema: slices add the rest. Plugins run in the order given above. */
export function createBuilder(): Builder {
  const builder = makeBuilder();
  builder.addScalarType('DateTime', GraphQLDateTime);
  builder.addScalarType('SafeInt', GraphQLSafeInt);
  builder.addScalarType('Slug', SlugScalar);
  builder.addScalarType('Base64', Base64Scalar);
  builder.addScalarType('Cursor', CursorScalar);
  builder.addScalarType('JSON', JsonScalar);
  builder.queryType({ description: 'The queries of the API.' });
  builder.mutationType({
    description: 'The mutations of the API. Each is one atomic commit.',
  });
  builder.subscriptionType({
    description:
      'The subscriptions of the API, over a WebSocket (`graphql-transport-ws`) or as server-sent events. Permissions are checked at every delivery.',
  });
  return builder;
}
