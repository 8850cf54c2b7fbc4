import type { Place } from '../../access/first-check.ts';
import type { Verb } from '../../access/model.ts';
import type { WorkloadKind } from '../../domain/types.ts';
import { type Allowed, textOf } from '../../graphql/types/allowed.ts';

const ofWorkload = (project: unknown, workload: { readonly kind: unknown; readonly id: unknown }): Place => ({
  in: 'project',
  project: textOf(project),
  workload,
});

/** Of the workload `input.id` in `input.project`, which need not be there. */
export const allowedToRegister =
  (verb: Verb, kind: WorkloadKind): Allowed =>
  ({ project, id }) => ({ verb, resource: 'workload', place: ofWorkload(project, { kind, id }), existing: [] });

/** The same of one that is there. */
export const allowedOnWorkload =
  (verb: Verb, kind: WorkloadKind): Allowed =>
  (input) => ({ ...allowedToRegister(verb, kind)(input), existing: [['workload', kind, textOf(input.id)]] });

/** Of `input.workload`, which may do it itself. */
export const allowedToItself =
  (verb: Verb): Allowed =>
  ({ project, workload }) => {
    const named = workload as { readonly kind: string; readonly id: string };
    const existing = [['workload', named.kind, textOf(named.id)]] as const;
    return { verb, resource: 'workload', place: ofWorkload(project, named), existing, bySelf: true };
  };
