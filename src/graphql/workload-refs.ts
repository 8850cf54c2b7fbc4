import type { StoredWorkload } from '../modules/workloads/model.ts';
import { builder } from './builder.ts';

/** Services and jobs have ids of the platform's, so they are no nodes. */
export const workloads = {
  workload: builder.interfaceRef<StoredWorkload>('Workload'),
  service: builder.objectRef<StoredWorkload>('Service'),
  job: builder.objectRef<StoredWorkload>('Job'),
};
