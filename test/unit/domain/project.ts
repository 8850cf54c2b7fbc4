import { templateReferences } from '../../../src/domain/template.ts';
import type {
  AddonLink,
  AddonValue,
  FileEntry,
  Group,
  Resolution,
  ResolutionInput,
  ResolvedFile,
  Restrictions,
  Scope,
  SecretType,
  Sensitivity,
  Source,
  WorkloadKind,
} from '../../../src/domain/types.ts';

/** A project in the form in which a person writes it down. */
export interface ProjectData {
  readonly scope?: Scope;
  readonly workload?: WorkloadData;
  readonly groups: Readonly<Record<string, GroupData>>;
  /** By `addon/<id>`: a text is not sensitive. */
  readonly addons?: Readonly<Record<string, Readonly<Record<string, AddonData>>>>;
  readonly globals?: Readonly<Record<string, GlobalData>>;
}

export interface WorkloadData {
  readonly id?: string;
  readonly kind?: WorkloadKind;
  readonly tags?: readonly string[];
  readonly variables?: Texts;
  readonly buildArguments?: Texts;
  readonly files?: Contents;
  readonly buildFiles?: Contents;
}

/** Without more: type config, both scopes, priority 10, not restricted. */
export interface GroupData {
  readonly type?: Sensitivity;
  readonly secretType?: SecretType;
  readonly priority?: number;
  /** Given: the group is restricted. */
  readonly only?: Partial<Omit<Restrictions, 'restricted'>>;
  readonly variables?: Texts;
  readonly files?: Contents;
  readonly mounts?: Contents;
  readonly links?: readonly LinkData[];
}

export interface LinkData {
  /** `addon/<id>` or `external-addon/<id>`. */
  readonly to: string;
  /** Key name to aliases. */
  readonly keys: Readonly<Record<string, readonly string[]>>;
  readonly required?: boolean;
}

export interface GlobalData {
  readonly type?: Sensitivity;
  readonly values?: unknown;
  readonly files?: Texts;
}

export type AddonData = string | { readonly secret: string } | { readonly fails: string };
export type Texts = Readonly<Record<string, string>>;
export type ContentData = string | { readonly binary: string };
export type Contents = Readonly<Record<string, ContentData>>;

export const NO_RESTRICTIONS: Restrictions = { restricted: false, workloads: [], tags: [], tagMatchCondition: 'or' };

export function inputOf(data: ProjectData): ResolutionInput {
  const { id = 'web', kind = 'service', tags = [], ...own } = data.workload ?? {};
  const direct = {
    variables: mapOf(own.variables),
    buildArguments: mapOf(own.buildArguments),
    files: filesOf(own.files),
    buildFiles: filesOf(own.buildFiles),
  };
  return {
    scope: data.scope ?? 'RUNTIME',
    workload: { id, kind, tags, direct: () => direct },
    groups: Object.entries(data.groups).map(([groupId, group]) => groupOf(groupId, group)),
    addons: mapValues(data.addons ?? {}, (values) => mapValues(values, addonValue)),
    globals: mapValues(data.globals ?? {}, ({ type = 'config', values = {}, files = {} }) => {
      return { type, values, files: mapOf(files) };
    }),
  };
}

function groupOf(id: string, data: GroupData): Group {
  const body = {
    variables: mapOf(data.variables),
    files: filesOf(data.files),
    mounts: filesOf(data.mounts),
    links: (data.links ?? []).map(linkOf),
  };
  return {
    id,
    type: data.type ?? 'config',
    secretType: data.secretType ?? 'environment-arguments',
    priority: data.priority ?? 10,
    restrictions: data.only === undefined ? NO_RESTRICTIONS : { ...NO_RESTRICTIONS, restricted: true, ...data.only },
    body: () => body,
  };
}

function linkOf({ to, keys, required = false }: LinkData): AddonLink {
  const [addonKind, addonId = ''] = to.split('/');
  return {
    addonKind: addonKind === 'addon' ? 'addon' : 'external-addon',
    addonId,
    required,
    keys: Object.entries(keys).map(([keyName, aliases]) => ({ keyName, aliases })),
  };
}

function addonValue(data: AddonData): AddonValue {
  if (typeof data === 'string') return { ok: true, value: data, sensitive: false };
  if ('secret' in data) return { ok: true, value: data.secret, sensitive: true };
  return { ok: false, reason: data.fails };
}

const mapOf = (texts: Texts = {}): ReadonlyMap<string, string> => new Map(Object.entries(texts));

const mapValues = <A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): ReadonlyMap<string, B> =>
  new Map(Object.entries(record).map(([name, value]) => [name, change(value)]));

const filesOf = (contents: Contents = {}): ReadonlyMap<string, FileEntry> => mapValues(contents, fileOf);

function fileOf(content: ContentData): FileEntry {
  const isText = typeof content === 'string';
  const text = isText ? content : content.binary;
  return {
    encoding: isText ? 'utf-8' : 'binary',
    size: Buffer.byteLength(text),
    hash: `hash of ${text}`,
    contentId: text,
    // Also of a binary file, so that the engine must leave them alone.
    references: templateReferences(text),
  };
}

/** What came out, in a form that reads well in a difference. `value` null: in error. */
export interface Outcome {
  readonly variables: Readonly<Record<string, OutcomeEntry>>;
  readonly files: Readonly<Record<string, OutcomeEntry>>;
  readonly mounts: Readonly<Record<string, OutcomeEntry>>;
  readonly warnings: readonly string[];
  readonly unresolved: readonly string[];
}

export interface OutcomeEntry {
  readonly value: string | null;
  readonly type: Sensitivity;
  readonly source: string;
  readonly error: string | null;
}

export function outcomeOf(resolution: Resolution): Outcome {
  const { variables, files, mounts, warnings, unresolved, render } = resolution;
  const contents = (file: ResolvedFile): string | null => {
    if (file.entry.encoding === 'binary') return file.entry.contentId;
    return file.error === null ? render(file.entry.contentId) : null;
  };
  return {
    variables: recordOf(variables, ({ value, ...rest }) => entryOf(value, rest)),
    files: recordOf(files, (file) => entryOf(contents(file), file)),
    mounts: recordOf(mounts, (file) => entryOf(contents(file), file)),
    warnings: warnings.map(({ code, names, groups }) => `${code} ${[...names, ...groups].join(' ')}`),
    unresolved: unresolved.map(({ name, reference, reason }) => `${name}: ${reference} ${reason}`),
  };
}

type Facts = Pick<ResolvedFile, 'type' | 'source' | 'error'>;

const entryOf = (value: string | null, { type, source, error }: Facts): OutcomeEntry => ({
  value,
  type,
  source: sourceText(source),
  error: error === null ? null : `${error.code} ${error.path.join(' > ')}`,
});

function sourceText(source: Source): string {
  if (source.kind === 'direct') return 'direct';
  if (source.kind === 'group') return source.group;
  return `${source.group} ${source.addonKind}/${source.addonId}/${source.keyName}`;
}

const recordOf = <A, B>(map: ReadonlyMap<string, A>, change: (value: A) => B): Readonly<Record<string, B>> =>
  Object.fromEntries([...map].map(([name, value]) => [name, change(value)]));
