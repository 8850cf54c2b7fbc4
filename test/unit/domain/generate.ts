import fc from 'fast-check';
import { LIMITS, type Limits } from '../../../src/domain/limits.ts';
import type { AddonData, Contents, GroupData, ProjectData, Texts, WorkloadData } from './project.ts';

/** Stands in every text of a secret source and in no other: whatever holds it must be of type secret. */
export const CANARY = 'κ';

/** So small that random projects go past each of them. */
const NARROW: readonly Limits[] = [
  { ...LIMITS, depth: 1 },
  { ...LIMITS, depth: 1 },
  { ...LIMITS, steps: 1 },
  { ...LIMITS, resultBytes: 12 },
  { ...LIMITS, totalBytes: 20 },
  { ...LIMITS, references: 2 },
  { ...LIMITS, references: 0 },
  { depth: 1, steps: 3, resultBytes: 20, totalBytes: 30, references: 4 },
];

const NAMES = ['A', 'B', 'C', 'D', 'a', 'constructor', '__proto__', 'EXAMPLE_DB_URL', 'x.y', '1A'];
const PATHS = ['/a', '/b', '/etc/c', 'A', '/A', '/a/b', '/ETC/c/d/e'];
const TAGS = ['red', 'green', 'blue'];
const GLOBALS = [
  'secrets.shared.values.host',
  'secrets.shared.values.list.1',
  'secrets.shared.values.list.length',
  'secrets.shared.values.on',
  'secrets.shared.values.deep',
  'secrets.shared.values.deep.key',
  'secrets.shared.values.constructor',
  'secrets.shared.files.cert.pem.data',
  'secrets.shared.files.none.data',
  'secrets.plain.values.port',
  'secrets.plain.values.port',
  'secrets.plain.values.port',
  'secrets.missing.values.x',
  'secrets.shared.values["host"]',
  'secrets.shared.values["a.b"]',
  'secrets.shared.values["a.b"].c["\\u007bx\\u007d"]',
  'secrets.shared.values.deep["key"]',
  'secrets.shared.values.deep["key"]x',
  'secrets.shared.values.odd[0',
  'secrets.shared.values. host',
  'secrets.shared.files["cert.pem"].data',
  'secrets.shared.values',
];
const LITERALS = [
  '',
  'x',
  ' ',
  '$',
  '$$',
  '${$}',
  '${{ $ }}',
  '${$',
  '${$$}',
  '$${$}',
  '{',
  '}',
  '}}',
  'é',
  '€',
  '😀',
  '$&',
  '$`',
  '${',
  '${{',
  '${}',
  '${ }',
  '${\t}',
];

const among = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);

const referred = fc.oneof(
  { weight: 8, arbitrary: among(...NAMES) },
  { weight: 2, arbitrary: among(...GLOBALS) },
  { weight: 1, arbitrary: among('NOBODY', 'toString', 'A B') },
);
const form = among<(name: string) => string>(
  ...Array.from({ length: 6 }, () => (name: string) => `\${${name}}`),
  (name) => `\${{${name}}}`,
  (name) => `\${  ${name} }`,
  (name) => `\${{ ${name}}}`,
  (name) => `$\${${name}}`,
  (name) => `$$\${${name}}`,
  (name) => `\${{${name}}`,
  (name) => `\${${name}`,
);
const fragment = fc.oneof(
  { weight: 1, arbitrary: among(...LITERALS) },
  { weight: 2, arbitrary: fc.tuple(form, referred).map(([write, name]) => write(name)) },
);
const text = fc.array(fragment, { maxLength: 3 }).map((parts) => parts.join(''));

const record = <T>(names: readonly string[], value: fc.Arbitrary<T>, maxLength: number) =>
  fc
    .uniqueArray(fc.tuple(among(...names), value), { selector: ([name]) => name, maxLength })
    .map((pairs): Readonly<Record<string, T>> => Object.fromEntries(pairs));

const content = fc.oneof({ weight: 4, arbitrary: text }, { weight: 1, arbitrary: text.map((binary) => ({ binary })) });
const sensitivity = among('secret' as const, 'config' as const, 'config' as const);
const only = fc.record({
  workloads: fc.subarray([
    { id: 'web', kind: 'service' as const },
    { id: 'web', kind: 'job' as const },
    { id: 'other', kind: 'service' as const },
  ]),
  tags: fc.subarray(TAGS),
  tagMatchCondition: among('and' as const, 'or' as const),
});
const link = fc.record({
  to: among('addon/example-db', 'external-addon/example-db', 'addon/gone'),
  keys: record(['URL', 'USER', 'NO_SUCH'], fc.uniqueArray(among('A', 'B', 'C', 'a'), { maxLength: 2 }), 2),
});

const group: fc.Arbitrary<GroupData> = fc
  .record({
    type: sensitivity,
    secretType: among('environment' as const, 'arguments' as const, 'environment-arguments' as const),
    priority: among(0, 10, 10, 50),
    only: fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: only }),
    variables: record(NAMES, text, 6),
    files: record(PATHS, content, 2),
    mounts: record(PATHS, content, 1),
    links: fc.array(link, { maxLength: 2 }),
  })
  .map(({ only: restrictions, ...rest }) => (restrictions === null ? rest : { ...rest, only: restrictions }));

const workload: fc.Arbitrary<WorkloadData> = fc.record({
  id: among('web', 'web', 'other'),
  kind: among('service' as const, 'job' as const),
  tags: fc.subarray(TAGS),
  variables: record(NAMES, text, 1),
  buildArguments: record(NAMES, text, 1),
  files: record(PATHS, content, 1),
  buildFiles: record(PATHS, content, 1),
});

const addonValue: fc.Arbitrary<AddonData> = fc.oneof(
  text,
  text.map((secret) => ({ secret: `${secret}${CANARY}` })),
  among('TIMEOUT', 'PROVIDER_FAILED').map((fails) => ({ fails })),
);

const shared = fc.record({ type: sensitivity, text }).map(({ type, text: raw }) => {
  const host = type === 'secret' ? `${raw}${CANARY}` : raw;
  const values = {
    host,
    list: [1, host],
    on: true,
    deep: { key: host, none: null },
    'a.b': { c: { '{x}': host } },
    'odd[0': host,
  };
  return { type, values, files: { 'cert.pem': host } };
});

const marked = (contents: Contents = {}): Contents =>
  Object.fromEntries(Object.entries(contents).map(([k, v]) => [k, typeof v === 'string' ? `${v}${CANARY}` : v]));

const secretTexts = (texts: Texts = {}): Texts =>
  Object.fromEntries(Object.entries(texts).map(([k, v]) => [k, `${v}${CANARY}`]));

function withCanaries({
  workload: mine,
  groups,
  ...rest
}: ProjectData & { readonly workload: WorkloadData }): ProjectData {
  const direct = {
    variables: secretTexts(mine.variables),
    buildArguments: secretTexts(mine.buildArguments),
    files: marked(mine.files),
    buildFiles: marked(mine.buildFiles),
  };
  const all = Object.entries(groups).map(([id, g]): [string, GroupData] => {
    if (g.type !== 'secret') return [id, g];
    return [id, { ...g, variables: secretTexts(g.variables), files: marked(g.files), mounts: marked(g.mounts) }];
  });
  return { ...rest, workload: { ...mine, ...direct }, groups: Object.fromEntries(all) };
}

export const anyProject: fc.Arbitrary<ProjectData> = fc
  .record({
    scope: among('RUNTIME' as const, 'BUILD' as const),
    workload,
    groups: record(['a', 'a-b', 'b', 'c', 'constructor'], group, 5),
    addons: fc.record({
      'addon/example-db': fc.record({ URL: addonValue, USER: addonValue }),
      'external-addon/example-db': record(['URL', 'USER'], addonValue, 2),
    }),
    globals: fc.record({ shared, plain: fc.constant({ type: 'config' as const, values: { port: 5432 } }) }),
  })
  .map(withCanaries);

export const anyLimits: fc.Arbitrary<Limits> = among(LIMITS, LIMITS, LIMITS, ...NARROW);

/** The same project with everything in the other order. */
export function reversed(data: ProjectData): ProjectData {
  const turn = (value: unknown): unknown => {
    if (Array.isArray(value)) return value;
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([k, v]) => [k, k === 'links' && Array.isArray(v) ? v.map(turn).reverse() : turn(v)]),
    );
  };
  return turn(data) as ProjectData;
}
