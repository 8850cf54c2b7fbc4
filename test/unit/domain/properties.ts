import fc from 'fast-check';
import { expect } from 'vitest';
import { groupsPart } from '../../../src/domain/groups-part.ts';
import type { Limits } from '../../../src/domain/limits.ts';
import { layOver } from '../../../src/domain/overlay.ts';
import { resolve } from '../../../src/domain/resolve.ts';
import { anyLimits, anyProject, CANARY, reversed } from './generate.ts';
import { modelOutcome } from './model.ts';
import { inputOf, type Outcome, outcomeOf, type ProjectData } from './project.ts';

export type Hits = Map<string, number>;

/** Compares engine and model on random projects, and counts what the projects held. */
export function compareWithModel(numRuns: number, hits: Hits, seed?: number): void {
  const property = fc.property(anyProject, anyLimits, (data, limits) => {
    const resolution = resolve(inputOf(data), { limits });
    const outcome = outcomeOf(resolution);
    count(hits, data, outcome);
    const model = modelOutcome(data, limits);
    expect({ ...outcome, warnings: [...outcome.warnings].sort() }).toEqual(model);
    const turned = resolve(inputOf(reversed(data)), { limits });
    expect(outcomeOf(turned)).toEqual(outcome);
    expect(turned.canonical()).toEqual(resolution.canonical());
    expectNoLeak(outcome);
  });
  fc.assert(property, { numRuns, ...(seed === undefined ? {} : { seed }) });
}

/** Which way a workload's own values were laid over what others share. */
export const WAYS = ['laid over', 'no part to share', 'referred to', 'twin', 'limit', 'nothing of its own'] as const;

/**
 * Compares what is laid over a shared part with the model and with the whole resolution. The part is made for another workload
 * with the same groups, and is used for several: what one lays over it must not show to the next.
 */
export function compareLaidOver(numRuns: number, hits: Map<string, number>, seed?: number): void {
  const hit = (way: (typeof WAYS)[number]): void => void hits.set(way, (hits.get(way) ?? 0) + 1);
  const property = fc.property(anyProject, anyProject, anyLimits, (data, { workload: other = {} }, limits) => {
    const input = inputOf(data);
    const part = groupsPart(input, { limits });
    if (part === null) return hit('no part to share');
    const { id = 'web', kind = 'service', tags = [] } = data.workload ?? {};
    // Twice the same, with another one between.
    for (const own of [data.workload ?? {}, { ...other, id, kind, tags }, data.workload ?? {}]) {
      const mine = { ...data, workload: own };
      const laid = layOver(part, inputOf(mine).workload.direct());
      if (laid === null) {
        hit(wayOf(mine, limits));
        continue;
      }
      hit(laid.laid?.variables.size || laid.laid?.files.size ? 'laid over' : 'nothing of its own');
      const outcome = outcomeOf(laid);
      const whole = resolve(inputOf(mine), { limits });
      expect(outcome).toEqual(outcomeOf(whole));
      expect({ ...outcome, warnings: [...outcome.warnings].sort() }).toEqual(modelOutcome(mine, limits));
      expect(Buffer.from(laid.canonical())).toEqual(Buffer.from(whole.canonical()));
      expect([...laid.variables]).toEqual([...whole.variables]);
      expect([...laid.files]).toEqual([...whole.files]);
      expect([...laid.mounts]).toEqual([...whole.mounts]);
      expect(laid.warnings).toEqual(whole.warnings);
      expect(laid.unresolved).toEqual(whole.unresolved);
    }
  });
  fc.assert(property, { numRuns, ...(seed === undefined ? {} : { seed }) });
}

/** Why it could not be done, by a look at the texts. */
function wayOf(data: ProjectData, limits: Limits): (typeof WAYS)[number] {
  const own = Object.keys((data.scope === 'BUILD' ? data.workload?.buildArguments : data.workload?.variables) ?? {});
  const others = Object.values(data.groups).flatMap((group) => Object.keys(group.variables ?? {}));
  if (own.some((name) => others.some((each) => each !== name && each.toLowerCase() === name.toLowerCase())))
    return 'twin';
  const texts = JSON.stringify(data);
  if (own.some((name) => texts.includes(`\${${name}}`) || texts.includes(`${name} }`) || texts.includes(`{${name}`)))
    return 'referred to';
  return Object.values(limits).some((limit) => limit < 100) ? 'limit' : 'laid over';
}

function expectNoLeak(outcome: Outcome): void {
  for (const entries of [outcome.variables, outcome.files, outcome.mounts]) {
    for (const { type, value } of Object.values(entries)) {
      if (type === 'config') expect(value ?? '').not.toContain(CANARY);
    }
  }
  expect(outcome.warnings.join()).not.toContain(CANARY);
}

/** What random projects must hold for the comparison to mean something. */
export const WANTED = [
  'TIE',
  'SHADOWED_SECRET',
  'CASE_TWINS',
  'CYCLE',
  'TOO_DEEP',
  'TOO_MANY_STEPS',
  'TOO_LARGE',
  'file in error',
  'UNKNOWN_VARIABLE',
  'UNKNOWN_GLOBAL_SECRET',
  'UNKNOWN_PATH',
  'NOT_TEXT',
  'LINK_UNAVAILABLE',
  'ADDON_NOT_FOUND',
  'KEY_NOT_FOUND',
  'TIMEOUT',
  'link by default key',
  'link by alias',
  'direct override',
  'and of nothing',
  'and of tags',
  'or of tags',
  'restricted to nobody',
  'escape',
  'double braces',
  'prototype name',
  'global drawn in',
  'file with a reference',
  'mount',
  'BUILD',
  'RUNTIME',
  'secret through a reference',
] as const;

function count(hits: Hits, data: ProjectData, outcome: Outcome): void {
  const entries = Object.values(outcome.variables);
  const words = [...outcome.warnings, ...outcome.unresolved, ...entries.map(({ error }) => error ?? '')].join(' ');
  const texts = JSON.stringify(data.groups);
  const hit = (name: (typeof WANTED)[number], happened: boolean): void => {
    if (happened) hits.set(name, (hits.get(name) ?? 0) + 1);
  };
  for (const word of WANTED) hit(word, /^[A-Z_]+$/.test(word) && (words.includes(word) || data.scope === word));
  const only = Object.values(data.groups).flatMap((group) => group.only ?? []);
  const contents = [...Object.values(outcome.files), ...Object.values(outcome.mounts)];
  hit(
    'file in error',
    contents.some(({ error }) => error !== null),
  );
  hit(
    'link by default key',
    entries.some(({ source }) => source.endsWith('/URL')) && 'EXAMPLE_DB_URL' in outcome.variables,
  );
  hit(
    'link by alias',
    ['A', 'B', 'C', 'a'].some((n) => outcome.variables[n]?.source.includes('/') === true),
  );
  hit(
    'direct override',
    entries.some(({ source }) => source === 'direct'),
  );
  hit(
    'and of nothing',
    only.some((o) => o.tagMatchCondition === 'and' && o.tags?.length === 0),
  );
  hit(
    'and of tags',
    only.some((o) => o.tagMatchCondition === 'and' && (o.tags ?? []).length > 1),
  );
  hit(
    'or of tags',
    only.some((o) => o.tagMatchCondition === 'or' && (o.tags ?? []).length > 1),
  );
  hit(
    'restricted to nobody',
    only.some((o) => o.tags?.length === 0 && o.workloads?.length === 0),
  );
  hit('escape', texts.includes('$${') && entries.some(({ value }) => value?.includes('${') === true));
  hit('double braces', texts.includes('${{A}}'));
  hit('prototype name', Object.hasOwn(outcome.variables, '__proto__'));
  hit(
    'global drawn in',
    entries.some(({ value }) => value?.includes('5432') === true),
  );
  hit(
    'file with a reference',
    Object.values(outcome.files).some(({ value }) => value?.includes('${') === false),
  );
  hit('mount', Object.keys(outcome.mounts).length > 0);
  const configs = new Set(Object.entries(data.groups).flatMap(([id, { type }]) => (type === 'config' ? [id] : [])));
  hit(
    'secret through a reference',
    entries.some(({ type, source }) => type === 'secret' && configs.has(source)),
  );
}
