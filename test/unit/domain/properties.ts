import fc from 'fast-check';
import { expect } from 'vitest';
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
