import type { Limits } from '../../../src/domain/limits.ts';
import { allNames, type Candidate, candidates, linkedKeys, modelWarnings, order } from './model-groups.ts';
import { type Texts, type Thing, textsOf, tokensOf } from './model-texts.ts';
import type { Outcome, OutcomeEntry, ProjectData } from './project.ts';

type Judge = (t: Thing, isFile?: boolean) => string | null;

/** Those for whose references there is no room: of each type in order, variables before files, and all that come after. */
function pastReferences(variables: readonly Thing[], files: readonly Thing[], limits: Limits): ReadonlySet<Thing> {
  const past = new Set<Thing>();
  for (const type of ['secret', 'config']) {
    let count = 0;
    for (const t of [...variables, ...files]) {
      const held = t.template ? tokensOf(t.text).filter(({ name }) => name !== null).length : 0;
      const isFile = files.includes(t);
      if (t.type !== type || !t.template || !(isFile ? held > 0 : t.text.includes('${'))) continue;
      if (count <= limits.references) count += held;
      if (count > limits.references) past.add(t);
    }
  }
  return past;
}

/** Code and path of a thing's error. */
function judgeOf(
  { references, targets, size, viewers, past: refused }: Texts,
  winners: Iterable<Thing>,
  limits: Limits,
): Judge {
  const loops = (t: Thing, trail: readonly Thing[]): boolean =>
    trail.includes(t) || targets(t).some((next) => loops(next, [...trail, t]));
  const depth = (t: Thing): number => targets(t).reduce((deepest, next) => Math.max(deepest, 1 + depth(next)), 0);
  const steps = (t: Thing): number => targets(t).reduce((sum, next) => sum + steps(next), references(t).length);
  const alone = (t: Thing, isFile: boolean): string | null => {
    if (loops(t, [])) return 'CYCLE';
    if (depth(t) > limits.depth) return 'TOO_DEEP';
    if (steps(t) > limits.steps) return 'TOO_MANY_STEPS';
    return size(t, isFile) > limits.resultBytes ? 'TOO_LARGE' : null;
  };
  const past = new Set<Thing>(refused);
  const drawsOn = (some: ReadonlySet<Thing>, t: Thing): boolean =>
    some.has(t) || targets(t).some((next) => drawsOn(some, next));
  const totals: Record<string, number> = {};
  for (const t of winners) {
    if (references(t).length === 0 || alone(t, false) !== null || drawsOn(refused, t)) continue;
    const total = (totals[viewers(t)] ?? 0) + size(t, false);
    totals[viewers(t)] = total;
    if (total > limits.totalBytes) past.add(t);
  }
  const drawsOnPast = (t: Thing): boolean => drawsOn(past, t);
  const code = (t: Thing, isFile: boolean): string | null => alone(t, isFile) ?? (drawsOnPast(t) ? 'TOO_LARGE' : null);
  const path = (t: Thing, trouble: string, trail: readonly Thing[]): readonly string[] => {
    if (trail.includes(t) || past.has(t)) return [t.name];
    const next = targets(t).find((target) => code(target, false) === trouble);
    return next === undefined ? [t.name] : [t.name, ...path(next, trouble, [...trail, t])];
  };
  return (t, isFile = false) => {
    const trouble = code(t, isFile);
    return trouble === null ? null : `${trouble} ${path(t, trouble, []).join(' > ')}`;
  };
}

function twinWarnings(names: readonly string[]): readonly string[] {
  const twinsOf = (name: string): readonly string[] => names.filter((n) => n.toLowerCase() === name.toLowerCase());
  const lines = names.map(twinsOf).filter((twins) => twins.length > 1);
  return [...new Set(lines.map((twins) => `CASE_TWINS ${twins.join(' ')}`))];
}

function oddNames(names: readonly string[]): readonly string[] {
  const odd = names.filter((name) => name === '' || /^\d|\W/.test(name));
  return odd.length === 0 ? [] : [`NOT_A_SHELL_NAME ${odd.join(' ')}`];
}

/** Of the files above one, the topmost; of several in different case, any that is given first. */
function foldersOf(paths: readonly string[]): readonly string[] {
  return paths.flatMap((path) => {
    const above = paths.filter((other) => path.toLowerCase().startsWith(`${other.toLowerCase()}/`));
    const top = Math.min(...above.map(({ length }) => length));
    const file = above.find(({ length }) => length === top);
    return file === undefined ? [] : [`FILE_AND_FOLDER ${[file, path].sort(order).join(' ')}`];
  });
}

const linkedTwice = (data: ProjectData, names: readonly string[]): readonly string[] =>
  names.flatMap((name) => {
    const [winner] = candidates(data, 'variables', name);
    const isTwice = winner?.group && linkedKeys(data, winner.group, name).length > 1 && winner.source.includes(' ');
    return isTwice ? [`LINKED_TWICE ${name} ${winner.group}`] : [];
  });

/**
 * The rules of resolution once more, as plainly as they can be said: it searches and recurses where the engine counts and
 * remembers. It shares no code with the engine.
 */
export function modelOutcome(data: ProjectData, limits: Limits): Outcome {
  const winners = new Map<string, Thing>();
  const dead = new Map<string, Candidate>();
  const names = allNames(data, 'variables').filter((name) => candidates(data, 'variables', name).length > 0);
  for (const name of names) {
    const [winner] = candidates(data, 'variables', name);
    if (winner?.type === null) dead.set(name, winner);
    else if (winner !== undefined) winners.set(name, { ...winner, name, type: winner.type });
  }
  const contents = (what: 'files' | 'mounts'): readonly Thing[] =>
    allNames(data, what).flatMap((name) =>
      candidates(data, what, name).flatMap((c, i) => (i > 0 || c.type === null ? [] : [{ ...c, name, type: c.type }])),
    );
  const [files, mounts] = [contents('files'), contents('mounts')];
  const past = pastReferences([...winners.values()], [...files, ...mounts], limits);
  const texts = textsOf(data, winners, new Set(dead.keys()), past);
  const judge = judgeOf(texts, winners.values(), limits);
  const entry = (t: Thing, isFile: boolean): [string, OutcomeEntry] => {
    const error = judge(t, isFile);
    const type = texts.isSecret(t) ? 'secret' : 'config';
    return [t.name, { value: error === null ? texts.full(t) : null, type, source: t.source, error }];
  };
  const unresolved = names.flatMap((name) => {
    const thing = winners.get(name);
    const link = dead.get(name);
    return thing === undefined ? [`${name}: ${link?.source.split(' ')[1]} ${link?.unavailable}`] : texts.unknown(thing);
  });
  const merges = (['variables', 'files', 'mounts'] as const).flatMap((what) =>
    allNames(data, what).flatMap((name) => modelWarnings(name, candidates(data, what, name))),
  );
  return {
    variables: Object.fromEntries([...winners.values()].map((t) => entry(t, false))),
    files: Object.fromEntries(files.map((t) => entry(t, true))),
    mounts: Object.fromEntries(mounts.map((t) => entry(t, true))),
    warnings: [
      ...merges,
      ...linkedTwice(data, names),
      ...twinWarnings([...winners.keys()].sort(order)),
      ...oddNames([...winners.keys()].sort(order)),
      ...twinWarnings(files.map(({ name }) => name).sort(order)),
      ...foldersOf(files.map(({ name }) => name).sort(order)),
    ].sort(),
    unresolved: [...unresolved, ...[...files, ...mounts].flatMap(texts.unknown)],
  };
}
