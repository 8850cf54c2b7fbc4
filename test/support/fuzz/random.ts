/** Numbers that look random and are the same for the same seed (mulberry32). */
export function randomOf(seed: number) {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (n: number): number => Math.floor(next() * n);
  return {
    below,
    chance: (share: number): boolean => next() < share,
    pick: <T>(from: readonly T[]): T => from[below(from.length)] as T,
  };
}

export type Random = ReturnType<typeof randomOf>;

/** Signs of one to four bytes, and those that JSON, GraphQL, paths and frames take as their own. */
const SIGNS = [
  'a',
  'Z',
  '0',
  '-',
  '_',
  ' ',
  '"',
  '\\',
  '/',
  '{',
  '}',
  '$',
  '\n',
  '\0',
  'é',
  'ß',
  '日',
  '\ufeff',
  '😀',
  '\u202e',
];

export function textOf(random: Random, max: number): string {
  // Now and then one that is long, of signs of three bytes.
  if (random.chance(0.1)) return '語'.repeat(random.below(max * 4));
  return Array.from({ length: random.below(max) }, () => random.pick(SIGNS)).join('');
}

/** Any value of JSON; ids and names among them may be of a type that nobody expects. */
export function anything(random: Random, depth = 0): unknown {
  const kind = random.below(depth > 3 ? 6 : 8);
  if (kind === 0) return null;
  if (kind === 1) return random.chance(0.5);
  if (kind === 2) return random.pick([0, -1, 1.5, 1e308, 9_007_199_254_740_992, -2_147_483_649]);
  if (kind < 6) return textOf(random, 20);
  if (kind === 6) return Array.from({ length: random.below(4) }, () => anything(random, depth + 1));
  return Object.fromEntries(
    Array.from({ length: random.below(4) }, () => [
      random.pick(['id', 'name', 'input', '__proto__', 'constructor', textOf(random, 6)]),
      anything(random, depth + 1),
    ]),
  );
}

/** Documents that are in order, nearly so, and not at all. */
const DOCUMENTS = [
  '{ viewer { id name } }',
  '{ project(slug: "default-project") { slug } }',
  'query ($id: ID!) { node(id: $id) { id } }',
  'query ($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }',
  'query ($slug: Slug!) { project(slug: $slug) { secretGroups(first: 2) { nodes { name } } } }',
  'mutation ($input: CreateTagInput!) { createTag(input: $input) { __typename } }',
  'mutation ($input: CreateSecretGroupInput!) { createSecretGroup(input: $input) { __typename } }',
  'mutation ($input: PutServiceInput!) { putService(input: $input) { __typename } }',
  'mutation ($input: CreateGlobalSecretInput!) { createGlobalSecret(input: $input) { __typename } }',
  'subscription { changes { __typename } }',
  'subscription ($after: Cursor) { changes(after: $after) { __typename } }',
  'subscription ($workload: WorkloadRefInput!) { environmentChanged(project: "default-project", workload: $workload) { __typename } }',
  '{ nothing }',
  '{ viewer',
];

function documentOf(random: Random): unknown {
  if (random.chance(0.1)) return anything(random);
  const document = random.pick(DOCUMENTS);
  if (random.chance(0.8)) return document;
  const at = random.below(document.length);
  return `${document.slice(0, at)}${textOf(random, 4)}${document.slice(at)}`;
}

const ID = Buffer.from('Project:default-project').toString('base64');
/** What a client in its right mind would give. */
const USUAL: Readonly<Record<string, unknown>> = {
  id: ID,
  ids: [ID],
  slug: 'default-project',
  input: { name: 'a-name' },
  after: null,
  workload: { kind: 'SERVICE', id: 'svc' },
};

export function paramsOf(random: Random): Readonly<Record<string, unknown>> {
  const names = ['id', 'ids', 'slug', 'input', 'after', 'workload'];
  const named = Object.fromEntries(
    names.filter(() => random.chance(0.5)).map((name) => [name, random.chance(0.5) ? USUAL[name] : anything(random)]),
  );
  return {
    query: documentOf(random),
    variables: random.chance(0.9) ? named : anything(random),
    ...(random.chance(0.2) ? { operationName: anything(random) } : {}),
    ...(random.chance(0.1) ? { extensions: anything(random) } : {}),
    ...(random.chance(0.05) ? { [textOf(random, 5)]: anything(random) } : {}),
  };
}

/** Bytes that nearly are the text: cut, turned over, or with bytes that are no UTF-8. */
export function bytesOf(random: Random, text: string): Buffer {
  const bytes = Buffer.from(text);
  const kind = random.below(16);
  if (kind === 0) return bytes.subarray(0, random.below(bytes.length + 1));
  if (kind === 1 && bytes.length > 0) bytes[random.below(bytes.length)] = random.below(256);
  if (kind === 2) return Buffer.concat([bytes, Buffer.from([0xc3, 0x28, 0xff])]);
  if (kind === 3) return Buffer.from(`\ufeff${text}`);
  if (kind === 4) return Buffer.from(`${'['.repeat(random.below(400))}${text}`);
  return bytes;
}
