import type { StoredWorkload } from '../../modules/workloads/model.ts';
import { WorkloadKindEnum } from './fields.ts';
import { shared } from './shared.ts';

/** Services and jobs have ids of the platform's, so they are no nodes. */
export const workloads = {
  workload: shared.interfaceRef<StoredWorkload>('Workload'),
  service: shared.objectRef<StoredWorkload>('Service'),
  job: shared.objectRef<StoredWorkload>('Job'),
};

export const WorkloadRefInput = shared.inputType('WorkloadRefInput', {
  description: 'A workload of a project.',
  fields: (t) => ({
    kind: t.field({ type: WorkloadKindEnum, required: true, description: 'Its kind.' }),
    id: t.string({ required: true, description: "The platform's id." }),
  }),
});
