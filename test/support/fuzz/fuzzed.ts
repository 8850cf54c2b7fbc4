import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask, build, ownerToken, type Serving, serving, stopped } from '../built.ts';

/** A built gateway with a project, a service and tokens of all kinds. */
export interface Fuzzed {
  readonly server: Serving;
  readonly tokens: readonly string[];
  /** What is wrong with it; empty: it lives, answers, and logged no fault. */
  faults(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Rates would stop the loads, and on a busy machine time does. */
const UNBOUND = {
  KEYLOOM_LIMIT_RATE_POINTS: '0',
  KEYLOOM_LIMIT_RATE_POINTS_DEPENDENT: '0',
  KEYLOOM_LIMIT_WRONG_TOKENS_PER_ADDRESS: '0',
  KEYLOOM_LIMIT_SOCKET_MESSAGES_PER_MINUTE: '1000000',
  KEYLOOM_LIMIT_DEADLINE_MS: '120000',
  // Many never say who they are, and are waited for.
  KEYLOOM_LIMIT_SOCKET_INIT_MS: '3000',
};

export async function startFuzzed(env: Readonly<Record<string, string>> = {}): Promise<Fuzzed> {
  const dir = mkdtempSync(join(tmpdir(), 'keyloom-fuzz-'));
  const server = await serving(build(), {
    KEYLOOM_PORT: '0',
    KEYLOOM_DATA: dir,
    KEYLOOM_DEVELOPMENT: 'true',
    ...UNBOUND,
    ...env,
  });
  const owner = ownerToken(server) ?? '';
  const run = async (name: string, input: object, fields = '__typename') => {
    const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
    const answer = await ask(
      server.url,
      owner,
      `mutation ($input: ${type}Input!) { it: ${name}(input: $input) { ... on ${type}Payload { ${fields} } } }`,
      { input },
    );
    return answer.data.it;
  };
  await run('createProject', { name: 'Default Project' });
  await run('putService', { project: 'default-project', id: 'svc', name: 'Service' });
  const workload = { project: 'default-project', kind: 'SERVICE', id: 'svc' };
  const dependent = (await run('createToken', { name: 'svc', kind: 'DEPENDENT', role: 'dependent', workload }, 'text'))
    .text;
  const reader = (await run('createToken', { name: 'reader', kind: 'MACHINE', role: 'reader' }, 'text')).text;
  return {
    server,
    tokens: [owner, dependent, reader, 'klm_u_wrong'],
    async faults() {
      const found: string[] = [];
      if (server.process.exitCode !== null) found.push(`ended with ${server.process.exitCode}`);
      const answer = await ask(
        server.url,
        dependent,
        '{ project(slug: "default-project") { service(id: "svc") { environment { digest } } } }',
      );
      if (typeof answer?.data?.project?.service?.environment?.digest !== 'string')
        found.push(`answers ${JSON.stringify(answer)}`);
      const lines = server.output().split('\n');
      return [
        ...found,
        ...lines.filter((line) => /"level":"(error|fatal)"|uncaught|unhandled/i.test(line)).slice(0, 5),
      ];
    },
    async close() {
      await stopped(server, 'SIGKILL');
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
