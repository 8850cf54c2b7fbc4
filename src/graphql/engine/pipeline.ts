import type { DocumentNode, ExecutionArgs, ExecutionResult, GraphQLError, GraphQLSchema } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import type { Limits } from '../../kernel/limits.ts';
import type { Documents } from './documents.ts';
import type { Mask } from './mask-error.ts';
import { useCompiledExecution } from './plugins/use-compiled-execution.ts';
import { useGateways } from './plugins/use-gateways.ts';
import { useLimits } from './plugins/use-limits.ts';
import { useMaskedErrors } from './plugins/use-masked-errors.ts';
import { useOperationCache } from './plugins/use-operation-cache.ts';
import { useStreams } from './plugins/use-streams.ts';

interface Deps {
  readonly schema: GraphQLSchema;
  readonly documents: Documents;
  readonly mask: Mask;
  readonly limits: Limits;
  readonly fileMutations: ReadonlySet<string>;
  /** Whatever the operator adds, of the Yoga and envelop world. */
  readonly plugins: readonly Plugin[];
}

/** What every GraphQL request that is executed passes, whatever it came over. */
export interface Pipeline {
  readonly getEnveloped: (context: object) => {
    parse(source: string): DocumentNode;
    validate(schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[];
    contextFactory(): unknown;
    execute(args: ExecutionArgs): Promise<ExecutionResult> | ExecutionResult;
    subscribe(args: ExecutionArgs): Promise<AsyncIterable<ExecutionResult> | ExecutionResult>;
    readonly schema: GraphQLSchema;
  };
  /** Whether others than the shipped plugins are in the list: then every request passes it, and no client shares bytes. */
  readonly isExtended: boolean;
}

/** The one list of plugins, in the order in which a request meets them. */
export function createPipeline({ schema, documents, mask, limits, fileMutations, plugins }: Deps): Pipeline {
  const isExtended = plugins.length > 0;
  const yoga = createYoga({
    schema,
    plugins: [
      // Nothing is parsed or validated twice.
      useOperationCache(documents),
      useGateways(),
      // What is too dear is refused before anything of it runs.
      useLimits({ schema, limits, fileMutations }),
      useCompiledExecution(),
      useStreams(isExtended),
      // They see what the resolvers made.
      ...plugins,
      // Last, so that the errors of all others are put into words, too.
      useMaskedErrors(mask),
    ],
    // The transports are under `http/`; all of these have their counterpart there or in the list.
    maskedErrors: false,
    parserAndValidationCache: false,
    graphiql: false,
    landingPage: false,
    batching: false,
    multipart: false,
    cors: false,
    logging: false,
  });
  return { getEnveloped: yoga.getEnveloped as unknown as Pipeline['getEnveloped'], isExtended };
}
