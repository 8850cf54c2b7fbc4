import { Agent } from 'node:http';
import { routesOf } from '../../../src/app/routes.ts';
import { type Shot, shootAll, type Target } from './bodies.ts';
import { anything, bytesOf, type Random, randomOf, textOf } from './random.ts';

const ROUTES = routesOf();

/** Members of bodies and of what lies in them, so that some requests come further than to the shape. */
const BODY: Readonly<Record<string, unknown>> = {
  name: 'A name',
  description: 'A description',
  secretType: 'environment',
  priority: 10,
  type: 'secret',
  tags: ['a-tag'],
  restrictions: { restricted: true, nfObjects: [{ id: 'svc', type: 'service' }], tagMatchCondition: 'or' },
  secrets: { variables: { A: '${B}', B: '${A}' }, files: { '/etc/a': { data: 'YQ==' } }, values: { a: [1, null] } },
  keys: [{ keyName: 'HOST', aliases: ['A'] }],
  runtimeEnvironment: { A: 'x' },
  gitops: null,
  params: { host: 'h' },
};
const IDS = [
  'default-project',
  'svc',
  'a-name',
  'nothing',
  '..',
  '%2e%2e',
  '%252f',
  'a%2Fb',
  '%00',
  '%ff',
  'a;b',
  '💥',
  '',
];

const USUAL: Readonly<Record<string, string>> = { '{serviceId}': 'svc', '{projectId}': 'default-project' };

function pathOf(random: Random, path: string): string {
  const filled = path.replaceAll(/\{\w+\}/g, (name) =>
    random.chance(0.7) ? (USUAL[name] ?? 'a-name') : random.pick(IDS),
  );
  const prefix = random.pick(['/v1', '/v1', '/v1', '/v1/teams/default', '/v1/teams/other', '/v1/']);
  const search = random.chance(0.3)
    ? `?${random.pick(['per_page', 'page', 'cursor', 'show', 'mode', 'environment', '%', '__proto__'])}=${random.pick(['1', '0', '-1', '1e9', 'all', 'Full', '%ff', '%00', 'a&a=b'])}`
    : '';
  return encodeURI(`${prefix}${filled}${search}`).replaceAll('%25', '%');
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'];

function shotOf(random: Random, tokens: readonly string[]): Shot {
  const route = random.pick(ROUTES);
  const method = random.chance(0.8) ? route.method : random.pick(METHODS);
  const named = Object.fromEntries(
    Object.entries(BODY)
      .filter(() => random.chance(0.4))
      .map(([name, value]) => [name, random.chance(0.8) ? value : anything(random)]),
  );
  const text = JSON.stringify(random.chance(0.8) ? named : anything(random)) ?? '';
  const hasBody = method === 'POST' || method === 'PUT' || method === 'PATCH';
  return {
    method,
    path: pathOf(random, route.path),
    headers: {
      ...(random.chance(0.95) ? { authorization: `Bearer ${random.pick(tokens)}` } : {}),
      'content-type': random.chance(0.9) ? 'application/json' : random.pick(['text/plain', 'application/json;x']),
      ...(random.chance(0.1) ? { 'if-match': random.pick(['"1"', '*', 'W/"1"', '"', '"99999999999"']) } : {}),
      ...(random.chance(0.1) ? { 'if-none-match': random.pick(['*', '"x"', ',', 'W/']) } : {}),
      ...(random.chance(0.1) ? { 'idempotency-key': encodeURIComponent(textOf(random, 30)).slice(0, 300) } : {}),
      'accept-encoding': random.pick(['gzip', 'br;q=1', '*', 'nothing', '']),
    },
    body: hasBody ? bytesOf(random, text) : null,
    leaves: random.chance(0.05),
  };
}

/** Sends so many requests to `/v1` and answers how many of each status came back. */
export function sendRest(target: Target, count: number, seed: number): Promise<ReadonlyMap<number, number>> {
  const random = randomOf(seed);
  return shootAll(target, new Agent({ keepAlive: true, maxSockets: 16 }), count, () => shotOf(random, target.tokens));
}
