import { type DocumentNode, type GraphQLSchema, specifiedRules, type ValidationRule, validate } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Documents } from '../documents.ts';
import { pipedOf } from '../piped.ts';

const SPECIFIED: ReadonlySet<ValidationRule> = new Set(specifiedRules);

/**
 * Parses, measures, validates and compiles each document once while it is in use. Rules that other plugins add are asked
 * each time.
 */
export function useOperationCache(documents: Documents): Plugin {
  return {
    onParse({ context, setParseFn }) {
      setParseFn(() => {
        const piped = pipedOf(context);
        piped.prepared = documents.prepare(piped.request.query, piped.request.operationName);
        return piped.prepared.document;
      });
    },
    onValidate({ context, setValidationFn }) {
      setValidationFn((schema: GraphQLSchema, document: DocumentNode, rules?: readonly ValidationRule[]) => {
        const piped = pipedOf(context);
        const { prepared } = piped;
        if (prepared?.ok !== true) return prepared?.errors ?? [];
        piped.operation = prepared.operation;
        const more = (rules ?? []).filter((rule) => !SPECIFIED.has(rule));
        return more.length === 0 ? [] : validate(schema, document, more);
      });
    },
  };
}
