import type { TestProject } from 'vitest/node';
import { openTestMongo } from './mongodb.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where MongoDB is for this run; null when there is none. */
    mongodbUrl: string | null;
  }
}

/** One server for the whole run; each test has a database of its own in it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await openTestMongo();
  project.provide('mongodbUrl', server?.url ?? null);
  return async () => server?.stop();
}
