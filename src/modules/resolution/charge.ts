import { applicableGroups } from '../../domain/gather.ts';
import type { ResolutionInput } from '../../domain/types.ts';
import type { Work } from '../../kernel/work.ts';

/**
 * Charges a resolution before it is made: by the groups that apply and the names that they hold, which say nothing of values.
 * Opens what it needs, with pauses, so that resolving itself is short.
 */
export async function charge(input: ResolutionInput, work: Work): Promise<void> {
  await work.spend({ templateSteps: input.groups.length });
  let names = 0;
  for (const group of applicableGroups(input)) {
    await work.spend({ documents: 1 });
    const { variables, files, mounts } = group.body();
    names += variables.size + files.size + mounts.size;
  }
  await work.spend({ resolutions: 1, templateSteps: names });
}
