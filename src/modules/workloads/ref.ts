import { z } from 'zod';
import type { WorkloadRef } from '../../domain/types.ts';
import { platformIdRule, slugRule } from '../../input/rules.ts';
import { invalidInput } from '../../kernel/errors.ts';

/** A `WorkloadRefInput` where the project is known. */
export const workloadRefRule = z.strictObject({
  project: slugRule.nullish(),
  id: platformIdRule,
  kind: z.enum(['service', 'job']),
});

type GivenRef = WorkloadRef & { readonly project?: string | null | undefined };

/** The workload that is meant in a project. INVALID_INPUT when it names another; `path`: where it was given. */
export function refIn(
  project: string,
  { project: named = null, id, kind }: GivenRef,
  path: readonly string[],
): WorkloadRef {
  if (named === null || named === project) return { id, kind };
  const message = 'must be absent, or the project of the whole';
  throw invalidInput([{ path: [...path, 'project'], rule: 'project', message }]);
}
