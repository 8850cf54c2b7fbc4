import type { GroupData, ProjectData } from './project.ts';

/** One who holds a key. `type` null: a link without a value. */
export interface Candidate {
  readonly text: string;
  readonly template: boolean;
  readonly source: string;
  readonly type: 'secret' | 'config' | null;
  readonly group: string | null;
  readonly priority: number;
  readonly unavailable: string | null;
}

export const order = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

function appliesTo({ scope = 'RUNTIME', workload = {} }: ProjectData, group: GroupData): boolean {
  const unwanted = scope === 'RUNTIME' ? 'arguments' : 'environment';
  if (group.secretType === unwanted) return false;
  if (group.only === undefined) return true;
  const { workloads = [], tags = [], tagMatchCondition = 'or' } = group.only;
  const { id = 'web', kind = 'service', tags: mine = [] } = workload;
  const matching = tags.filter((tag) => mine.includes(tag)).length;
  const needed = tagMatchCondition === 'or' ? 1 : tags.length;
  return workloads.some((w) => w.id === id && w.kind === kind) || (matching > 0 && matching >= needed);
}

/** The linked keys of a group that take a name, best first. */
function allLinked(data: ProjectData, id: string, group: GroupData, name: string): readonly Candidate[] {
  const found: Candidate[] = [];
  for (const { to, keys } of group.links ?? []) {
    for (const [key, aliases] of Object.entries(keys)) {
      const byDefault = `${to.split('/')[1]}_${key}`.toUpperCase().replace(/-/g, '_');
      if (!(aliases.length > 0 ? aliases : [byDefault]).includes(name)) continue;
      const values = data.addons?.[to];
      const value = values === undefined ? { fails: 'ADDON_NOT_FOUND' } : (values[key] ?? { fails: 'KEY_NOT_FOUND' });
      const common = { template: false, source: `${id} ${to}/${key}`, group: id, priority: group.priority ?? 10 };
      if (typeof value === 'string') found.push({ ...common, text: value, type: 'config', unavailable: null });
      else if ('secret' in value) found.push({ ...common, text: value.secret, type: 'secret', unavailable: null });
      else found.push({ ...common, text: '', type: null, unavailable: value.fails });
    }
  }
  return found.sort((a, b) => order(a.source, b.source));
}

const linked = (data: ProjectData, id: string, group: GroupData, name: string): Candidate | undefined =>
  allLinked(data, id, group, name)[0];

/** Which keys of which addons take a name in a group; one that is linked twice counts once. */
export const linkedKeys = (data: ProjectData, id: string, name: string): readonly string[] => {
  const group = data.groups[id];
  return group === undefined ? [] : [...new Set(allLinked(data, id, group, name).map(({ source }) => source))];
};

export type What = 'variables' | 'files' | 'mounts';

/** Everybody who holds a name, best first. */
export function candidates(data: ProjectData, what: What, name: string): readonly Candidate[] {
  const mine = data.workload ?? {};
  const isBuild = data.scope === 'BUILD';
  const direct = {
    variables: isBuild ? mine.buildArguments : mine.variables,
    files: isBuild ? mine.buildFiles : mine.files,
    mounts: {},
  }[what];
  const own = (holds: GroupData[What] | undefined) =>
    holds !== undefined && Object.hasOwn(holds, name) ? holds[name] : undefined;
  const made = (
    content: string | { binary: string },
    rest: Pick<Candidate, 'type' | 'source' | 'group' | 'priority'>,
  ) =>
    typeof content === 'string'
      ? { ...rest, text: content, template: true, unavailable: null }
      : { ...rest, text: content.binary, template: false, unavailable: null };
  const mineHere = own(direct);
  const first =
    mineHere === undefined ? [] : [made(mineHere, { type: 'secret', source: 'direct', group: null, priority: 0 })];
  if (what === 'mounts' && !isBuild) return [];
  const groups = Object.entries(data.groups)
    .filter(([, group]) => appliesTo(data, group))
    .sort(([a, x], [b, y]) => (y.priority ?? 10) - (x.priority ?? 10) || order(a, b));
  const others = groups.flatMap(([id, group]) => {
    const content = own(group[what]);
    const { type = 'config', priority = 10 } = group;
    if (content !== undefined) return [made(content, { type, source: id, group: id, priority })];
    return (what === 'variables' && linked(data, id, group, name)) || [];
  });
  return [...first, ...others];
}

export function allNames(data: ProjectData, what: What): readonly string[] {
  const names = new Set<string>();
  const { variables, buildArguments, files, buildFiles } = data.workload ?? {};
  const direct = { variables: [variables, buildArguments], files: [files, buildFiles], mounts: [] }[what];
  for (const record of [...direct, ...Object.values(data.groups).map((group) => group[what])]) {
    for (const name of Object.keys(record ?? {})) names.add(name);
  }
  for (const { to, keys } of Object.values(data.groups).flatMap((group) => group.links ?? [])) {
    for (const [key, aliases] of Object.entries(keys)) {
      for (const alias of aliases) names.add(alias);
      names.add(`${to.split('/')[1]}_${key}`.toUpperCase().replace(/-/g, '_'));
    }
  }
  return [...names].sort(order);
}

export function modelWarnings(name: string, [winner, ...losers]: readonly Candidate[]): readonly string[] {
  if (winner === undefined || winner.group === null) return [];
  const tied = losers.filter((loser) => loser.priority === winner.priority).map((loser) => loser.group ?? '');
  const hidden = losers.filter((loser) => loser.type === 'secret').map((loser) => loser.group ?? '');
  const shadows = winner.type === 'config' && hidden.length > 0;
  return [
    ...(tied.length > 0 ? [`TIE ${[name, winner.group, ...tied].join(' ')}`] : []),
    ...(shadows ? [`SHADOWED_SECRET ${[name, ...[winner.group, ...hidden].sort(order)].join(' ')}`] : []),
  ];
}
