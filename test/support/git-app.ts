import { limitsWith } from '../../src/app/limits.ts';
import { createGitReader } from '../../src/git/reader.ts';
import type { Limits } from '../../src/kernel/limits.ts';
import { createReach } from '../../src/net/reach.ts';
import { type GitHost, gitHost } from './git-host.ts';
import { done, operation } from './makers.ts';
import { PATIENT } from './patient.ts';
import { type AppOptions, startApp, type TestApp } from './start-app.ts';

/** A gateway whose operator allows one host of repositories, with a clock that stands until it is moved. */

export interface GitApp extends TestApp {
  readonly host: GitHost;
  /** Moves the clock and lets the gateway do what is due, unless it is stopped. */
  later(ms: number, stop?: AbortSignal): Promise<void>;
  /** What webhooks called for. */
  runCalled(): Promise<void>;
}

export const MINUTE = 60_000;

export interface GitAppOptions extends AppOptions {
  readonly host?: GitHost;
}

export async function gitApp({ host: given, limits: over = {}, ...options }: GitAppOptions = {}): Promise<GitApp> {
  const host = given ?? (await gitHost());
  const patient = { ...PATIENT, ...over };
  const limits: Limits = limitsWith(patient);
  const git = createGitReader({ reach: createReach([host.host]), limits });
  let now = Date.parse('2026-03-04T05:06:07.000Z');
  const app = await startApp({ git, limits: patient, clock: () => new Date(now), ...options });
  const { signal } = new AbortController();
  const [files, called] = app.gateway.jobs.filter(({ name }) => name.startsWith('git files'));
  return {
    ...app,
    host,
    async later(ms, stop = signal) {
      now += ms;
      await files?.run(stop);
    },
    runCalled: async () => called?.run(signal),
    async close() {
      await app.close();
      if (!given) await host.close();
    },
  };
}

const STATUS = 'state reason line column member commit previousCommit rewritten at nextAttemptAt';
export const GIT_FIELDS = `id slug name description values revision files { id path data }
  gitops { vcsService repoUrl branch filePath accountLogin selfHostedVcsId vcsLinkId holdRewrites signers hookPath hasHookSecret
    status { ${STATUS} } }`;

export const gitOp = (name: string, more = ''): string =>
  operation(name, `globalSecret { ${GIT_FIELDS} } ${more}`).replace(
    '... on Error',
    '... on LimitExceededError { limit } ... on Error',
  );

export const gitopsInput = (repoUrl: string, over: object = {}) => ({
  vcsService: 'SELF_HOSTED',
  repoUrl,
  branch: 'main',
  filePath: '/config/app.json',
  ...over,
});

/** A global secret that follows a git file. */
export const aFollower = async (app: GitApp, name: string | null, gitops: object, over: object = {}) =>
  (
    await done(app, gitOp('createGlobalSecret'), {
      ...(name === null ? {} : { name }),
      type: 'SECRET',
      gitops,
      ...over,
    })
  ).globalSecret;

const READ = `query ($slug: Slug!) { globalSecret(slug: $slug) { ${GIT_FIELDS} } }`;
export const readGlobal = async (app: TestApp, slug: string, token?: string) =>
  (await app.gql(READ, { slug }, token)).data.globalSecret;

/** Operations of the team's log, with who made them. */
export async function logOf(app: TestApp, after = 0): Promise<readonly string[]> {
  const commits = await app.store.commitsAfter('default', after, 1_000);
  return commits.map(({ operation: what, actor }) => (actor.startsWith('system:') ? `${what} by ${actor}` : what));
}
