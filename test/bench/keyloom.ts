import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { GROUPS, PER_GROUP, variables } from './work.ts';

export interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  readonly token: string;
}

/** The built gateway as its users run it, on the embedded store, empty, with the token of its owner. */
export async function startEmpty(
  env: Readonly<Record<string, string>> = {},
  options: readonly string[] = [],
): Promise<Running> {
  const child = spawn(process.execPath, [...options, 'dist/src/main.js'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      NODE_ENV: 'production',
      KEYLOOM_DEVELOPMENT: 'true',
      KEYLOOM_DATA: mkdtempSync(join(tmpdir(), 'keyloom-bench-')),
      KEYLOOM_PORT: '0',
      ...(process.env.KEYLOOM_ANSWER_CACHE_BYTES
        ? { KEYLOOM_ANSWER_CACHE_BYTES: process.env.KEYLOOM_ANSWER_CACHE_BYTES }
        : {}),
      // The others log no requests either.
      KEYLOOM_LOG_LEVEL: 'warn',
      // One token asks for all.
      KEYLOOM_LIMIT_RATE_POINTS: '0',
      KEYLOOM_LIMIT_RATE_POINTS_DEPENDENT: '0',
      ...env,
    },
  });
  let owner = '';
  for await (const line of createInterface({ input: child.stdout })) {
    owner = /klm_u_\w+/.exec(line)?.[0] ?? owner;
    const url = /listens on (\S+)/.exec(line)?.[1];
    if (url) return { child, url: `${url}/graphql`, token: owner };
  }
  throw new Error('Keyloom did not start; build it first');
}

/** The same with the work in it, and a token of the service itself. */
export async function startKeyloom(): Promise<Running> {
  const { child, url, token } = await startEmpty();
  return { child, url, token: await fill({ url, token }) };
}

/** Sends a mutation by its name. Answers the text of a token, if it made one. */
export async function send(
  { url, token }: Pick<Running, 'url' | 'token'>,
  name: string,
  input: object,
  fields: string,
): Promise<string> {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  const query = `mutation ($input: ${type}Input!) { it: ${name}(input: $input) { ... on ${type}Payload { ${fields} } } }`;
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, variables: { input } }) });
  const { data } = (await response.json()) as { readonly data?: { readonly it: { readonly text?: string } } };
  if (!data || Object.keys(data.it).length === 0) throw new Error(`${name} failed`);
  return data.it.text ?? '';
}

/** A project with the groups of the work, and the service that asks. Answers its token. */
export async function fill(server: Pick<Running, 'url' | 'token'>): Promise<string> {
  const project = 'default-project';
  await send(server, 'createProject', { name: 'Default Project' }, 'project { slug }');
  for (let group = 0; group < GROUPS; group += 1) {
    const own = variables.slice(group * PER_GROUP, (group + 1) * PER_GROUP);
    const input = { project, name: `Group ${group}`, secretType: 'ENVIRONMENT', priority: 10, variables: own };
    await send(server, 'createSecretGroup', input, 'secretGroup { slug }');
  }
  await send(server, 'putService', { project, id: 'example-service', name: 'Example Service' }, 'service { id }');
  const workload = { project, kind: 'SERVICE', id: 'example-service' };
  return send(server, 'createToken', { name: 'bench', kind: 'DEPENDENT', role: 'dependent', workload }, 'text');
}
