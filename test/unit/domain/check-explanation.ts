import type { ExplainedLayer, ExplainedReference, Explanation } from '../../../src/domain/explanation.ts';
import type { Limits } from '../../../src/domain/limits.ts';

/**
 * Derives the outcome from an explanation alone, sharing no code with the engine, and says what does not fit. Sizes are the one
 * thing it takes on trust: an explanation must not tell how long a value is.
 */
export function checkExplanation(explanation: Explanation, limits: Limits): readonly string[] {
  return [
    ...completeness(explanation),
    ...ranking(explanation),
    ...exclusions(explanation),
    ...counts(explanation),
    ...outcome(explanation, limits),
    ...types(explanation),
    ...warnings(explanation),
  ];
}

const order = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
const problem = (isWrong: boolean, words: string): readonly string[] => (isWrong ? [words] : []);
const groupOf = ({ source }: ExplainedLayer): string | null => (source.kind === 'direct' ? null : source.group);
const layersOf = ({ winner, shadowed }: Explanation): readonly ExplainedLayer[] =>
  winner === null ? shadowed : [winner, ...shadowed];

function completeness(e: Explanation): readonly string[] {
  const layers = layersOf(e);
  const groups = [
    ...layers.flatMap((layer) => groupOf(layer) ?? []),
    ...e.lacking,
    ...e.excluded.map(({ group }) => group),
  ];
  const apart = new Set(layers.flatMap((layer) => groupOf(layer) ?? [])).size + e.lacking.length + e.excluded.length;
  return [
    ...problem(e.winner === null && e.shadowed.length > 0, 'shadowed layers without a winner'),
    ...problem(layers.length !== e.holders, 'holders are missing'),
    ...problem(apart !== e.considered || new Set(groups).size !== e.considered, 'groups are missing or told twice'),
  ];
}

/** Rank within a group: own variable, then links by kind, addon and key. */
function place({ source }: ExplainedLayer): string {
  return source.kind === 'addon' ? `1 ${source.addonKind} ${source.addonId} ${source.keyName}` : '0';
}

function isBefore(a: ExplainedLayer, b: ExplainedLayer): boolean {
  if (a.priority === null || b.priority === null) return a.priority === null && b.priority !== null;
  if (a.priority !== b.priority) return a.priority > b.priority;
  return (
    order(groupOf(a) ?? '', groupOf(b) ?? '') <= 0 && (groupOf(a) !== groupOf(b) || order(place(a), place(b)) <= 0)
  );
}

function ranking(e: Explanation): readonly string[] {
  const layers = layersOf(e);
  return layers.flatMap((layer, i) => {
    const next = layers[i + 1];
    return [
      ...problem(next !== undefined && !isBefore(layer, next), `layer ${i} is out of order`),
      ...problem(layer.rule !== ruleOf(layers, i), `layer ${i} is not ${layer.rule}`),
      ...problem((layer.type === null) !== (layer.unavailable !== null), `layer ${i} has no type or no reason`),
    ];
  });
}

function ruleOf(layers: readonly ExplainedLayer[], i: number): string {
  const [winner] = layers;
  const layer = layers[i];
  const above = layers[i - 1];
  if (winner === undefined || layer === undefined) return 'none';
  if (above !== undefined && groupOf(above) === groupOf(layer)) {
    const top = layers.find((other) => groupOf(other) === groupOf(layer));
    return top?.source.kind === 'group' ? 'OWN_OVER_LINK' : 'LINK_ORDER';
  }
  if (winner.priority === null) return i === 0 ? 'DIRECT' : 'OVERRIDDEN_BY_DIRECT';
  const isTied = layers.some((other) => groupOf(other) !== groupOf(winner) && other.priority === winner.priority);
  if (i === 0) return isTied ? 'TIE_BY_ID' : 'HIGHEST_PRIORITY';
  return layer.priority === winner.priority ? 'TIE_BY_ID' : 'LOWER_PRIORITY';
}

function exclusions(e: Explanation): readonly string[] {
  return e.excluded.flatMap(({ group, rule, wanted, has, detail }) => {
    const met = wanted.filter((tag) => has.includes(tag)).length;
    const fits =
      rule === 'TAGS_ANY'
        ? wanted.length > 0 && met === 0
        : rule === 'TAGS_ALL'
          ? met < wanted.length
          : wanted.length === 0;
    return problem(!fits || detail === '', `${group} is not excluded by ${rule}`);
  });
}

const linesOf = (e: Explanation, target: string | null): readonly ExplainedReference[] =>
  e.references.filter(({ from, root }) =>
    target === null || (e.what === 'variable' && target === e.name) ? root : !root && from === target,
  );

const isVariable = ({ kind, status }: ExplainedReference): boolean => kind === 'variable' && status !== 'UNRESOLVED';

/** Every text that is reached tells as many references as it holds, and no text that is not reached tells any. */
function counts(e: Explanation): readonly string[] {
  const reached = new Set<string>(e.references.filter(isVariable).map(({ target }) => target));
  const strays = e.references.filter(({ root, from }) => !root && !reached.has(from));
  const expected = e.winner?.unavailable === null ? e.winner.references : 0;
  return [
    ...problem(linesOf(e, null).length !== expected, 'references of the winner are missing'),
    ...problem(strays.length > 0, 'references from nowhere'),
    ...e.references
      .filter(isVariable)
      .flatMap(({ target, targetReferences }) =>
        problem(linesOf(e, target).length !== targetReferences, `references of ${target} are missing`),
      ),
    ...e.references.flatMap(({ status, reason, reference }) =>
      problem((status === 'UNRESOLVED') !== (reason !== null), `${reference} has no reason or one too many`),
    ),
  ];
}

interface Derived {
  readonly code: string | null;
  readonly path: readonly string[];
}

/** `target` null: the explained text itself. */
function derive(e: Explanation, target: string | null, limits: Limits): Derived {
  const next = (at: string | null): readonly string[] =>
    linesOf(e, at).flatMap((l) => (isVariable(l) ? [l.target] : []));
  const loops = (at: string | null, trail: readonly (string | null)[]): boolean =>
    trail.includes(at) || next(at).some((to) => loops(to, [...trail, at]));
  const depth = (at: string | null): number => next(at).reduce((max, to) => Math.max(max, 1 + depth(to)), 0);
  const steps = (at: string | null): number => next(at).reduce((sum, to) => sum + steps(to), linesOf(e, at).length);
  const codeOf = (at: string | null): string | null => {
    if (loops(at, [])) return 'CYCLE';
    if (depth(at) > limits.depth) return 'TOO_DEEP';
    return steps(at) > limits.steps ? 'TOO_MANY_STEPS' : null;
  };
  const code = codeOf(target);
  const path = [target ?? e.name];
  // A file may be called as a variable is: it is on no cycle.
  const seen = new Set(target === null && e.what !== 'variable' ? [] : path);
  for (let at = target; code !== null; ) {
    const to = next(at).find((name) => codeOf(name) === code);
    if (to === undefined) break;
    path.push(to);
    if (seen.has(to)) break;
    seen.add(to);
    at = to;
  }
  return { code, path };
}

function outcome(e: Explanation, limits: Limits): readonly string[] {
  const { code, path } = derive(e, null, limits);
  const isAbsent = e.winner === null || e.winner.unavailable !== null;
  const isTooLarge = e.error?.code === 'TOO_LARGE';
  const drawsOnError = linesOf(e, null).some(({ status }) => status === 'ERROR');
  const expected = isAbsent ? 'ABSENT' : code !== null || isTooLarge ? 'ERROR' : 'PRESENT';
  const statuses = e.references.filter(isVariable).flatMap((line) => {
    const { code: inner } = derive(e, line.target, limits);
    return problem(inner !== null && line.status !== 'ERROR', `${line.target} is in error`);
  });
  return [
    ...statuses,
    ...problem(e.outcome !== expected, `outcome ${e.outcome}, derived ${expected}`),
    ...problem((e.outcome === 'ERROR') !== (e.error !== null), 'an error is missing, or one too many'),
    ...problem(code !== null && e.error?.code !== code, `error is not ${code}`),
    ...problem(code !== null && e.error?.path.join('\n') !== path.join('\n'), `path is not ${path.join(' > ')}`),
    ...problem(e.error !== null && e.error.path[0] !== e.name, 'path does not begin here'),
    ...problem(e.outcome === 'PRESENT' && drawsOnError, 'present, although it draws on an error'),
  ];
}

function types(e: Explanation): readonly string[] {
  const secretFrom = (at: string | null): boolean => linesOf(e, at).some(({ type }) => type === 'secret');
  const derived = e.outcome === 'ABSENT' ? null : e.winner?.type === 'secret' || secretFrom(null) ? 'secret' : 'config';
  return [
    ...problem(e.type !== derived, `type ${e.type}, derived ${derived}`),
    ...e.references.flatMap((line) => [
      ...problem(
        isVariable(line) && secretFrom(line.target) && line.type !== 'secret',
        `${line.target} draws in a secret`,
      ),
      ...problem(
        (line.status === 'UNRESOLVED') !== (line.type === null),
        `${line.reference} has no type or one too many`,
      ),
    ]),
  ];
}

function warnings(e: Explanation): readonly string[] {
  const [winner, ...losers] = layersOf(e);
  const expected: string[] = [];
  if (e.twins.length > 0 && e.outcome !== 'ABSENT')
    expected.push(`CASE_TWINS ${[e.name, ...e.twins].sort(order).join(' ')} -`);
  const own = winner === undefined ? null : groupOf(winner);
  const isSecond = (layer: ExplainedLayer): boolean =>
    groupOf(layer) === own && layer.source.kind === 'addon' && winner !== undefined && place(layer) !== place(winner);
  if (winner?.source.kind === 'addon' && losers.some(isSecond)) expected.push(`LINKED_TWICE ${e.name} - ${own}`);
  if (e.what === 'variable' && e.outcome !== 'ABSENT' && !/^[_a-z][_a-z\d]*$/i.test(e.name))
    expected.push(`NOT_A_SHELL_NAME ${e.name} -`);
  if (winner !== undefined && own !== null) {
    const seen = new Set<string | null>([own]);
    const rivals = losers.filter((layer) => !seen.has(groupOf(layer)) && seen.add(groupOf(layer)));
    const names = (layers: readonly ExplainedLayer[]): readonly string[] =>
      layers.flatMap((layer) => groupOf(layer) ?? []);
    const hidden = winner.type === 'config' ? names(rivals.filter(({ type }) => type === 'secret')) : [];
    const tied = names(rivals.filter(({ priority }) => priority === winner.priority));
    if (hidden.length > 0) expected.push(`SHADOWED_SECRET ${e.name} - ${[own, ...hidden].sort(order).join(' ')}`);
    if (tied.length > 0) expected.push(`TIE ${e.name} - ${[own, ...tied].join(' ')}`);
  }
  const told = e.warnings.map(({ code, names, groups }) =>
    `${code} ${names.join(' ')} - ${groups.join(' ')}`.trimEnd(),
  );
  return problem(told.join('\n') !== expected.join('\n'), `warnings are not: ${expected.join('; ')}`);
}
