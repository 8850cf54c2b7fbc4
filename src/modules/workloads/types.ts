import { declarations } from '../../graphql/types/declarations.ts';
import { WorkloadKindEnum } from '../../graphql/types/fields.ts';
import type { StoredWorkload } from './model.ts';

/** The types that others name. */
export const types = declarations();

/** Services and jobs have ids of the platform's, so they are no nodes. */
export const workloads = {
  workload: types.interfaceRef<StoredWorkload>('Workload'),
  service: types.objectRef<StoredWorkload>('Service'),
  job: types.objectRef<StoredWorkload>('Job'),
};

export const WorkloadRefInput = types.inputType('WorkloadRefInput', {
  description: 'A workload.',
  fields: (t) => ({
    project: t.field({
      type: 'Slug',
      description: 'Its project. May be left out where the context gives the project, and must otherwise be that one.',
    }),
    kind: t.field({ type: WorkloadKindEnum, required: true, description: 'Its kind.' }),
    id: t.id({ required: true, description: "The platform's id." }),
  }),
});
