import type { Log, LogFields } from '../../src/kernel/log.ts';
import { type EditableStore, editableStore } from './editable-store.ts';
import { aGroupInput, aProject, aServiceInput, groupOp, PUT_SERVICE, run } from './makers.ts';
import { startApp, type TestApp } from './start-app.ts';
import { freshApp } from './whole-state.ts';

/** Never to be seen in an error or a log line. */
export const CANARY = 'canary-7f3a91';
const base64 = (text: string): string => Buffer.from(text).toString('base64');

export interface TamperedApp {
  readonly app: TestApp;
  readonly edit: EditableStore;
  readonly lines: { readonly level: string; readonly message: string; readonly fields: LogFields }[];
  /** Codes as they come: of the app that was there before, and of one that starts now. */
  readonly ask: (question: (app: TestApp) => Promise<string>) => Promise<readonly string[]>;
  /** Everything that clients and the log were told since the start. */
  readonly said: () => string;
  readonly tokenOf: ReadonlyMap<string, string>;
}

function collectingLog(lines: TamperedApp['lines']): Log {
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}) =>
      void lines.push({ level, message, fields });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

const group = (name: string, over: object = {}) =>
  aGroupInput({
    name,
    description: `${CANARY} description`,
    variables: [{ name: `KEY_${name}`, value: `${CANARY} ${name}` }],
    files: [{ path: `/etc/${name}`, data: base64(`${CANARY} file of ${name}`), encoding: 'UTF_8' }],
    ...over,
  });

async function fill(app: TestApp): Promise<ReadonlyMap<string, string>> {
  const must = async (operation: string, input: object) => {
    const result = await run(app, operation, input);
    if (!result?.__typename?.endsWith('Payload')) throw new Error(JSON.stringify(result));
    return result;
  };
  for (const [name, project] of [
    ['Default Project', 'default-project'],
    ['Other', 'other'],
  ] as const) {
    await aProject(app, name);
    for (const each of ['web', 'api', 'jobs']) await must(groupOp('putSecretGroup'), group(each, { project }));
    const restrictions = { restricted: true, tags: ['trusted'], workloads: [] };
    await must(groupOp('putSecretGroup'), group('vault', { project, restrictions, tags: ['my-tag'] }));
    await must(groupOp('putSecretGroup'), group('web', { project, priority: 20 }));
    const variables = [{ name: 'OWN', value: CANARY }];
    await must(PUT_SERVICE, aServiceInput({ project, tags: ['trusted'], variables }));
    await must(PUT_SERVICE, aServiceInput({ project, id: 'plain', name: 'Plain' }));
  }
  const roles = `mutation ($input: CreateRoleInput!) { result: createRole(input: $input) { __typename } }`;
  const grants = [{ resources: ['PROJECT', 'SECRET_GROUP'], verbs: ['LIST'], types: ['SECRET', 'CONFIG'] }];
  await must(roles, { name: 'Lister', grants });
  const tokens = new Map<string, string>();
  for (const role of ['reader', 'auditor', 'lister']) tokens.set(role, await app.token(role));
  tokens.set('expiring', await app.token('reader', { expiresAt: '2026-06-01T00:00:00Z' }));
  return tokens;
}

/** Two projects with groups and services, in a store that can be written to from behind. */
export async function tamperedApp(): Promise<TamperedApp> {
  const edit = editableStore();
  const lines: TamperedApp['lines'] = [];
  const log = collectingLog(lines);
  let time = '2026-01-02T03:04:05.000Z';
  const clock = () => new Date(time);
  const app = await startApp({ open: edit.open, cacheBytes: 0, answerCacheBytes: 0, log, clock });
  const tokenOf = await fill(app);
  // One of the tokens has expired by now.
  time = '2026-07-02T03:04:05.000Z';
  const answers: string[] = [];
  async function ask(question: (app: TestApp) => Promise<string>): Promise<readonly string[]> {
    const fresh = await freshApp(app.store, app.owner, { log, clock, cacheBytes: 64 * 1024 * 1024 });
    try {
      return [await question(listening(app, answers)), await question(listening(fresh, answers))];
    } finally {
      await fresh.close();
    }
  }
  const said = () => JSON.stringify([answers, lines]);
  return { app, edit, lines, ask, said, tokenOf };
}

/** Keeps the errors that clients are told. */
function listening(app: TestApp, answers: string[]): TestApp {
  return {
    ...app,
    async gql(query, variables, token = app.owner) {
      const answer = await app.gql(query, variables, token);
      answers.push(JSON.stringify(answer.errors ?? []));
      return answer;
    },
  };
}

/** `ok`, or the code of the first error. */
export async function codeOf(app: TestApp, query: string, variables: object = {}, token?: string): Promise<string> {
  const { errors, data } = await app.gql(query, variables, token ?? app.owner);
  const failed = Object.values(data ?? {}).find((each) => each && typeof each === 'object' && 'code' in each);
  return errors?.[0]?.extensions.code ?? (failed as { code?: string } | undefined)?.code ?? 'ok';
}
