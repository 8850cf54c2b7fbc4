import { byCodePoint } from '../kernel/ids.ts';
import type { ExcludedGroup, ExplainedLayer, LayerRule } from './explanation.ts';
import { applicableGroups, everyGroup } from './gather.ts';
import { type Entry, namedLinks, type VariableContent } from './layer.ts';
import { type ExclusionRule, verdictOn } from './restrict.ts';
import { templateReferences } from './template.ts';
import type {
  FileEntry,
  Group,
  GroupBody,
  GroupHeader,
  ResolutionInput,
  Sensitivity,
  Source,
  Workload,
} from './types.ts';
import type { Kind } from './warn.ts';

type Holder = Omit<ExplainedLayer, 'rule'>;

/** Who holds a key, best first, and which applicable groups lack it. */
export interface Holders {
  readonly layers: readonly ExplainedLayer[];
  readonly lacking: readonly string[];
}

export function holdersOf(input: ResolutionInput, what: Kind, name: string): Holders {
  const holders: Holder[] = [...directHolders(input, what, name)];
  const lacking: string[] = [];
  for (const group of applicableGroups(input)) {
    const held = what === 'variable' ? variableHolders(group, name, input) : contentHolders(group, what, name, input);
    if (held.length === 0) lacking.push(group.id);
    holders.push(...held);
  }
  const layers = holders.map((holder, i) => ({ ...holder, rule: ruleOf(holders, i) }));
  return { layers, lacking: lacking.sort(byCodePoint) };
}

const textHolder = (source: Source, priority: number | null, type: Sensitivity, text: string): Holder => ({
  source,
  priority,
  type,
  references: templateReferences(text).length,
  unavailable: null,
});

const fileHolder = (source: Source, priority: number | null, type: Sensitivity, file: FileEntry): Holder => ({
  source,
  priority,
  type,
  references: file.encoding === 'binary' ? 0 : file.references.length,
  unavailable: null,
});

function directHolders({ scope, workload }: ResolutionInput, what: Kind, name: string): readonly Holder[] {
  if (what === 'mount') return [];
  const direct = workload.direct();
  const isBuild = scope === 'BUILD';
  if (what === 'variable') {
    const text = (isBuild ? direct.buildArguments : direct.variables).get(name);
    return text === undefined ? [] : [textHolder({ kind: 'direct' }, null, 'secret', text)];
  }
  const file = (isBuild ? direct.buildFiles : direct.files).get(name);
  return file === undefined ? [] : [fileHolder({ kind: 'direct' }, null, 'secret', file)];
}

function variableHolders(group: Group, name: string, { addons }: ResolutionInput): readonly Holder[] {
  const { variables, links } = group.body();
  const own = variables.get(name);
  const linked = namedLinks(group.id, links, addons).filter(({ names }) => names.includes(name));
  return [
    ...(own === undefined ? [] : [textHolder({ kind: 'group', group: group.id }, group.priority, group.type, own)]),
    ...linked.map(({ entry }) => linkHolder(group.priority, entry)),
  ];
}

const linkHolder = (priority: number, { source, type, content }: Entry<VariableContent>): Holder => ({
  source,
  priority,
  type,
  references: 0,
  unavailable: content.available ? null : content.reason,
});

function contentHolders(
  group: Group,
  what: 'file' | 'mount',
  name: string,
  { scope }: ResolutionInput,
): readonly Holder[] {
  if (what === 'mount' && scope === 'RUNTIME') return [];
  const body: GroupBody = group.body();
  const file = (what === 'file' ? body.files : body.mounts).get(name);
  return file === undefined ? [] : [fileHolder({ kind: 'group', group: group.id }, group.priority, group.type, file)];
}

const groupOf = (source: Source): string | null => (source.kind === 'direct' ? null : source.group);

function ruleOf(holders: readonly Holder[], index: number): LayerRule {
  const [winner] = holders;
  const holder = holders[index];
  if (winner === undefined || holder === undefined) return 'LOWER_PRIORITY';
  if (index === 0) {
    if (holder.priority === null) return 'DIRECT';
    const rival = holders.find(({ source }) => groupOf(source) !== groupOf(holder.source));
    return rival?.priority === holder.priority ? 'TIE_BY_ID' : 'HIGHEST_PRIORITY';
  }
  const first = holders.find(({ source }) => groupOf(source) === groupOf(holder.source));
  if (first !== undefined && first !== holder) return first.source.kind === 'group' ? 'OWN_OVER_LINK' : 'LINK_ORDER';
  if (winner.priority === null) return 'OVERRIDDEN_BY_DIRECT';
  return winner.priority === holder.priority ? 'TIE_BY_ID' : 'LOWER_PRIORITY';
}

/** The groups of a project that do not reach a workload, by id. */
export function excludedGroups(input: ResolutionInput): readonly ExcludedGroup[] {
  const { scope, workload } = input;
  return everyGroup(input)
    .flatMap((group) => {
      const verdict = verdictOn(group, scope, workload);
      return verdict.applies ? [] : [excluded(group, verdict.rule, workload, scope)];
    })
    .sort((a, b) => byCodePoint(a.group, b.group));
}

function excluded(group: GroupHeader, rule: ExclusionRule, workload: Workload, scope: string): ExcludedGroup {
  const byTags = rule === 'TAGS_ANY' || rule === 'TAGS_ALL';
  const wanted = byTags ? [...group.restrictions.tags].sort(byCodePoint) : [];
  const has = byTags ? [...workload.tags].sort(byCodePoint) : [];
  const ofTags = (count: string): string =>
    `wants ${count} of the tags ${wanted.join(', ')}; the ${workload.kind} has ${has.join(', ') || 'none'}`;
  const details: Readonly<Record<ExclusionRule, string>> = {
    SCOPE: `holds ${group.secretType}, which is not for ${scope}`,
    RESTRICTED_NOBODY: 'is restricted and lists neither workloads nor tags',
    NOT_LISTED: `is restricted to listed workloads, and ${workload.kind} ${workload.id} is not among them`,
    TAGS_ANY: ofTags('one'),
    TAGS_ALL: ofTags('all'),
  };
  return { group: group.id, rule, detail: details[rule], wanted, has };
}
