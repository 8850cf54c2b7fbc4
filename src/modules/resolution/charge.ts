import { applicableGroups } from '../../domain/gather.ts';
import type { ResolutionInput } from '../../domain/types.ts';
import type { Budget, Work } from '../../kernel/work.ts';

/**
 * Charges what groups give before it is made: by the groups that apply and the names that they hold, which say nothing of
 * values. Opens what it needs, with pauses, so that resolving itself is short.
 */
export async function chargeGroups(input: ResolutionInput, work: Work): Promise<void> {
  await work.spend({ templateSteps: input.groups.length });
  let names = 0;
  for (const group of applicableGroups(input)) {
    await work.spend({ documents: 1 });
    const { variables, files, mounts } = group.body();
    names += variables.size + files.size + mounts.size;
  }
  await work.spend({ templateSteps: names });
}

/** Charges a whole resolution. */
export async function charge(input: ResolutionInput, work: Work): Promise<void> {
  await chargeGroups(input, work);
  await work.spend({ resolutions: 1 });
}

/** What a workload's own values cost over what its groups give. */
export function costOfOwn({ workload }: Pick<ResolutionInput, 'workload'>): Partial<Budget> {
  const { variables, buildArguments, files, buildFiles } = workload.direct();
  return { resolutions: 1, templateSteps: variables.size + buildArguments.size + files.size + buildFiles.size };
}

/** Charges that. */
export async function chargeOwn(input: ResolutionInput, work: Work): Promise<void> {
  await work.spend(costOfOwn(input));
}
