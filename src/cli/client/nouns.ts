import { fileFields, listFrom, type Members, membersOf, patchOf, textsFrom, words } from './definitions.ts';

/** The things that the verbs work on. */
export interface Noun {
  /** For people, and the option `--secretId` and its like. */
  readonly label: string;
  /** In a project: `--projectId` is asked for. */
  readonly ofProject: boolean;
  /** In an app: `--appId` is asked for. */
  readonly ofApp?: true;
  /** The query field of one, below its project or app. Null: looked for in the list. */
  readonly one: string | null;
  /** The argument that names it, with its type. */
  readonly key: readonly [name: string, type: string];
  /** The query field of all. */
  readonly many: string;
  /** Whether that is pages of a connection, or simply a list. */
  readonly paged: boolean;
  readonly summary: string;
  readonly details: string;
  /** Asked for as well where values are to be shown. */
  readonly values?: string;
  /** Its part in the names of mutations. */
  readonly type: string;
  /** The field of a mutation's result that holds it. */
  readonly field: string;
  readonly verbs: readonly ('create' | 'put' | 'patch' | 'delete')[];
  /** Not deleted while something depends on it, unless that is meant. */
  readonly isGuarded?: true;
  /** Deleted and changed by its own key and project rather than by its global id. */
  readonly byKey?: true;
  /** From the documents' form to the input of the API; what is in the API's form already passes. */
  readonly input: (definition: Readonly<Record<string, unknown>>, isPatch?: boolean) => Record<string, unknown>;
}

const GROUP = 'name description tags type secretType priority stageId revision createdAt updatedAt';
const WORKLOAD = 'id name tags stageId revision createdAt updatedAt';

const workload = (label: 'service' | 'job', type: 'Service' | 'Job'): Noun => ({
  label,
  ofProject: true,
  one: label,
  key: ['id', 'ID'],
  many: `${label}s`,
  paged: true,
  summary: 'id name tags revision',
  details: `${WORKLOAD} variables { name masked } buildArguments { name masked } files { path encoding size }
    buildFiles { path encoding size }`,
  values: `variables { name value masked } buildArguments { name value masked } files { path data encoding masked }
    buildFiles { path data encoding masked }`,
  type,
  field: label,
  verbs: ['put', 'delete'],
  byKey: true,
  input: (it) => ({
    ...it,
    ...textsFrom(it, 'variables'),
    ...textsFrom(it, 'buildArguments'),
    ...listFrom(it, 'files', (path, file) => ({ path, ...fileFields(file) })),
    ...listFrom(it, 'buildFiles', (path, file) => ({ path, ...fileFields(file) })),
  }),
});

const secret: Noun = {
  label: 'secret',
  ofProject: true,
  one: 'secretGroup',
  key: ['slug', 'Slug'],
  many: 'secretGroups',
  paged: true,
  summary: 'id: slug name type secretType priority revision',
  details: `id: slug ${GROUP} restrictions { restricted workloads { id kind } tags tagMatchCondition }
    addonLinks { addon kind required keys { keyName aliases } }
    variables { name masked } files { path encoding size } dockerSecretMounts { name encoding size }`,
  values: `variables { name value masked } files { path data encoding masked } dockerSecretMounts { name data encoding masked }`,
  type: 'SecretGroup',
  field: 'secretGroup',
  verbs: ['create', 'put', 'patch', 'delete'],
  input: ({ secrets, addonDependencies, externalAddonDependencies, ...it }, isPatch = false) => {
    const { restrictions } = it as { restrictions?: Readonly<Record<string, unknown>> | null };
    const parts = (secrets ?? {}) as Readonly<Record<string, unknown>>;
    return {
      ...words(it, ['type', 'secretType']),
      ...(restrictions ? { restrictions: restrictionsOf(restrictions) } : {}),
      ...linksOf({ addonDependencies, externalAddonDependencies }, isPatch),
      ...textsFrom({ ...it, ...parts }, 'variables'),
      ...listFrom({ ...it, ...parts }, 'files', (path, file) => ({ path, ...fileFields(file) })),
      ...listFrom({ ...it, ...parts }, 'dockerSecretMounts', (name, file) => ({ name, ...fileFields(file) })),
    };
  },
};

function restrictionsOf({ nfObjects, ...rest }: Members): object {
  if (nfObjects === undefined) return words(rest, ['tagMatchCondition']);
  const workloads = membersOf('restrictions.nfObjects', nfObjects).map(({ type, ...each }) => ({
    ...each,
    kind: type,
  }));
  return { ...words(rest, ['tagMatchCondition']), workloads: workloads.map((each) => words(each, ['kind'])) };
}

const LINKS = [
  ['addonDependencies', 'ADDON'],
  ['externalAddonDependencies', 'EXTERNAL_ADDON'],
] as const;

/** A patch leaves alone the links of the kind that it does not name. */
function linksOf(given: Members, isPatch: boolean): object {
  const named = LINKS.filter(([name]) => given[name] !== undefined);
  if (named.length === 0) return {};
  const addonLinks = named.flatMap(([name, kind]) =>
    membersOf(name, given[name]).map(({ addonId, ...rest }) => ({ addon: addonId, kind, ...rest })),
  );
  return { addonLinks, ...(isPatch && named.length === 1 ? { addonLinksKind: named[0]?.[1] } : {}) };
}

const globalSecret: Noun = {
  label: 'global-secret',
  ofProject: false,
  one: 'globalSecret',
  key: ['slug', 'Slug'],
  many: 'globalSecrets',
  paged: true,
  summary: 'id: slug name type revision',
  details: `id: slug name description type revision createdAt updatedAt masked valueReferences { reference }
    files { id path encoding size } gitops { vcsService selfHostedVcsId repoUrl branch filePath accountLogin vcsLinkId holdRewrites signers }`,
  values: 'values files { id path data encoding masked }',
  type: 'GlobalSecret',
  field: 'globalSecret',
  isGuarded: true,
  verbs: ['create', 'put', 'patch', 'delete'],
  input: ({ secrets, gitops, ...it }) => {
    const { values, ...parts } = (secrets ?? {}) as Readonly<Record<string, unknown>>;
    return {
      ...words(it, ['type']),
      ...(values === undefined ? {} : { values }),
      ...(gitops
        ? { gitops: words(gitops as Readonly<Record<string, unknown>>, ['vcsService']) }
        : patchOf({ gitops })),
      ...listFrom({ ...it, ...parts }, 'files', (id, file) => ({
        id,
        path: (file as { readonly path?: string }).path,
        ...fileFields(file),
      })),
    };
  },
};

/** As the documents write purposes: `APIKey`, `UsernamePassword`. */
const purposeOf = ({ purposeType }: Members): object =>
  typeof purposeType === 'string'
    ? { purposeType: purposeType.replace(/^(api|ssh|username)(key|password)$/i, '$1-$2') }
    : {};

const plain = (it: Readonly<Record<string, unknown>>): Record<string, unknown> => ({ ...it });

/** By the name that is typed. */
export const NOUNS: ReadonlyMap<string, Noun> = new Map<string, Noun>([
  ['secret', secret],
  ['global-secret', globalSecret],
  [
    'app-secret',
    {
      label: 'app-secret',
      ofProject: false,
      ofApp: true,
      one: 'secret',
      key: ['slug', 'Slug'],
      many: 'secrets',
      paged: true,
      summary: 'id: slug name purposeType providerId revision',
      details:
        'id: slug name purposeType providerId revision createdAt updatedAt values { environment { slug } isSet masked revision }',
      values: 'values { environment { slug } isSet masked text revision }',
      type: 'AppSecret',
      field: 'appSecret',
      verbs: ['create', 'patch', 'delete'],
      input: (it) => words({ ...it, ...purposeOf(it) }, ['purposeType']),
    },
  ],
  [
    'app',
    {
      label: 'app',
      ofProject: false,
      one: 'app',
      key: ['slug', 'Slug'],
      many: 'apps',
      paged: true,
      summary: 'id: slug name revision',
      details: 'id: slug name revision createdAt updatedAt environments { slug name }',
      type: 'App',
      field: 'app',
      verbs: ['create', 'patch', 'delete'],
      input: plain,
    },
  ],
  [
    'project',
    {
      label: 'project',
      ofProject: false,
      one: 'project',
      key: ['slug', 'Slug'],
      many: 'projects',
      paged: true,
      summary: 'id: slug name description',
      details: 'id: slug name description revision createdAt updatedAt',
      type: 'Project',
      field: 'project',
      verbs: ['create', 'patch', 'delete'],
      input: plain,
    },
  ],
  ['service', workload('service', 'Service')],
  ['job', workload('job', 'Job')],
  [
    'tag',
    {
      label: 'tag',
      ofProject: false,
      one: null,
      key: ['name', 'String'],
      many: 'tags',
      paged: false,
      summary: 'name description',
      details: 'name description revision createdAt updatedAt',
      type: 'Tag',
      field: 'tag',
      verbs: ['create', 'patch', 'delete'],
      input: plain,
    },
  ],
]);
