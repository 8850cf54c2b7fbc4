import type { StoredWorkload } from '../../modules/workloads/model.ts';
import { builder } from './builder.ts';
import { WorkloadKindEnum } from './fields.ts';

/** Services and jobs have ids of the platform's, so they are no nodes. */
export const workloads = {
  workload: builder.interfaceRef<StoredWorkload>('Workload'),
  service: builder.objectRef<StoredWorkload>('Service'),
  job: builder.objectRef<StoredWorkload>('Job'),
};

export const WorkloadRefInput = builder.inputType('WorkloadRefInput', {
  description: 'A workload of a project.',
  fields: (t) => ({
    kind: t.field({ type: WorkloadKindEnum, required: true, description: 'Its kind.' }),
    id: t.string({ required: true, description: "The platform's id." }),
  }),
});
