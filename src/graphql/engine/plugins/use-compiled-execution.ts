import { type ExecutionArgs, execute } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { pipedOf } from '../piped.ts';

/** Runs operations that are asked for again as compiled code. */
export function useCompiledExecution(): Plugin {
  return {
    onExecute({ args, setExecuteFn }) {
      const { operation, variables } = pipedOf(args.contextValue);
      const run = operation?.run() ?? null;
      // graphql coerces once more by itself, so it gets the variables as they came.
      setExecuteFn(
        run === null
          ? (given: ExecutionArgs) => execute(given)
          : ({ contextValue }: ExecutionArgs) => run(contextValue, variables ?? {}),
      );
    },
  };
}
