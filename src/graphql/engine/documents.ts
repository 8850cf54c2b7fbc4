import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  parse,
  specifiedRules,
  ValuesOfCorrectTypeRule,
  validate,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { AppError } from '../../kernel/errors.ts';
import type { Limits } from '../../kernel/limits.ts';
import { type WriteData, writerOf } from './at-once.ts';
import { compileOperation, compilerNow, type Run } from './compile.ts';
import { type Measured, measureOperation } from './limits.ts';
import { badRequest, QuietValuesRule, syntaxMessage } from './wording.ts';

/** An operation that passed every check that does not depend on variables. */
export interface Operation extends Measured {
  readonly document: DocumentNode;
  readonly node: OperationDefinitionNode;
  readonly name: string | null;
  /** Compiled from the second use on; null: executed by graphql itself. */
  readonly run: () => Run | null;
  /** Writes its data within a turn; null: it has fields that take more than that. */
  readonly writes: () => WriteData | null;
}

export type Prepared =
  | { readonly ok: true; readonly document: DocumentNode; readonly operation: Operation }
  | { readonly ok: false; readonly document: DocumentNode; readonly errors: readonly GraphQLError[] };

export interface Documents {
  /** Throws AppError BAD_REQUEST or answers errors; `errors` and throws are for `createMask`. */
  prepare(query: string, operationName: string | null): Prepared;
  /** The operation of one that was prepared before; null: it was not. Nothing is parsed for it. */
  known(query: string, operationName: string | null): Operation | null;
}

interface Deps {
  readonly schema: GraphQLSchema;
  readonly limits: Limits;
  /** Introspection and suggestions of names. */
  readonly development: boolean;
  /** From which use on an operation is compiled; 0: never. */
  readonly compileFrom?: number;
}

interface Checked {
  readonly document: DocumentNode;
  readonly operations: Map<string, Operation>;
}

const RULES = specifiedRules.map((rule) => (rule === ValuesOfCorrectTypeRule ? QuietValuesRule : rule));
const MAX_DOCUMENTS = 1_000;
const MAX_BYTES = 64 * 1_024 * 1_024;
/** A parsed and compiled document takes about this many times its text. */
const WEIGHT = 40;

/** Parses, measures, validates and compiles each document text once while it is in use. */
export function createDocuments(deps: Deps): Documents {
  const cache = new LRUCache<string, Checked>({
    max: MAX_DOCUMENTS,
    maxSize: MAX_BYTES,
    sizeCalculation: (_checked, query) => 1_000 + query.length * WEIGHT,
  });
  const prepare = (query: string, operationName: string | null): Prepared => {
    const cached = cache.get(query);
    if (cached !== undefined) return found(cached, operationName);
    const document = parseDocument(query, deps.limits);
    const operations = allOperations(document, deps);
    const errors = validateDocument(document, deps);
    if (errors.length > 0) return { ok: false, document, errors };
    const checked = { document, operations };
    cache.set(query, checked);
    return found(checked, operationName);
  };
  const known: Documents['known'] = (query, operationName) => {
    const cached = cache.get(query);
    return cached === undefined ? null : operationOf(cached.operations, operationName);
  };
  return { prepare, known };
}

const found = ({ document, operations }: Checked, name: string | null): Prepared => ({
  ok: true,
  document,
  operation: operationOf(operations, name),
});

function parseDocument(query: string, limits: Limits): DocumentNode {
  if (query.length > limits.documentLength) {
    throw new AppError(
      'BAD_REQUEST',
      `The document has ${query.length} characters; the limit is ${limits.documentLength} (KEYLOOM_LIMIT_DOCUMENT_LENGTH)`,
    );
  }
  try {
    return parse(query, { maxTokens: limits.tokens });
  } catch (error) {
    if (error instanceof GraphQLError) throw badRequest(syntaxMessage(error.message), error);
    if (error instanceof RangeError) throw new AppError('BAD_REQUEST', 'The document is nested too deeply');
    throw error;
  }
}

/** Every operation of the document is held to the limits, whichever is asked for. */
function allOperations(document: DocumentNode, deps: Deps): Map<string, Operation> {
  const operations = new Map<string, Operation>();
  for (const node of document.definitions) {
    if (node.kind !== Kind.OPERATION_DEFINITION) continue;
    const measured = measureOperation(document, node, deps.limits, deps.schema);
    if (measured.usesIntrospection && !deps.development)
      throw new AppError('BAD_REQUEST', 'Introspection is turned off');
    operations.set(node.name?.value ?? '', anOperation(document, node, measured, deps));
  }
  return operations;
}

function anOperation(
  document: DocumentNode,
  node: OperationDefinitionNode,
  measured: Measured,
  { schema, compileFrom = 2 }: Deps,
): Operation {
  let uses = 0;
  let compiled: Run | null | undefined;
  const run = (): Run | null => {
    uses += 1;
    // A flood of documents that are used once is not worth a compilation each.
    if (compiled !== undefined || compileFrom === 0 || uses < compileFrom) return compiled ?? null;
    const compiler = compilerNow();
    if (compiler !== null) compiled = compileOperation(compiler, schema, document, node);
    return compiled ?? null;
  };
  let writer: WriteData | null | undefined;
  const writes = (): WriteData | null => {
    writer = writer === undefined ? writerOf(schema, node) : writer;
    return writer;
  };
  return { ...measured, document, node, name: node.name?.value ?? null, run, writes };
}

function validateDocument(document: DocumentNode, { schema, limits, development }: Deps): readonly GraphQLError[] {
  const options = { maxErrors: limits.errors, hideSuggestions: !development };
  return validate(schema, document, RULES, options).map((error) => badRequest(error.message, error));
}

function operationOf(operations: Checked['operations'], name: string | null): Operation {
  const [first, second] = operations.values();
  if (name === null && second !== undefined)
    throw new AppError('BAD_REQUEST', 'The document has several operations: say which by operationName');
  const found = name === null ? first : operations.get(name);
  if (found === undefined) throw new AppError('BAD_REQUEST', 'The document has no operation of this name');
  return found;
}
