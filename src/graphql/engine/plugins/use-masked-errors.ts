import type { ExecutionResult } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Mask } from '../mask-error.ts';
import { pipedOf } from '../piped.ts';

/** The last of the list: puts errors into words for a client, whoever made them. */
export function useMaskedErrors(mask: Mask): Plugin {
  return {
    onExecute: () => ({
      onExecuteDone({ args, result, setResult }) {
        const { data, errors } = result as ExecutionResult;
        if (errors === undefined) return;
        const masked = mask.all(errors, pipedOf(args.contextValue).request.requestId);
        setResult({ data, errors: masked } as never);
      },
    }),
  };
}
