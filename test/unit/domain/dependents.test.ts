import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Dependence,
  dependenceOnAddon,
  dependenceOnGlobal,
  dependenceOnGroup,
  SCOPES,
} from '../../../src/domain/dependents.ts';
import { resolve } from '../../../src/domain/resolve.ts';
import { anyProject } from './generate.ts';
import { allNames, candidates, order } from './model-groups.ts';
import { tokensOf } from './model-texts.ts';
import { type GroupData, inputOf, type ProjectData } from './project.ts';

const said = (all: readonly Dependence[]): readonly string[] =>
  all.map(({ scope, group, rule, names }) => `${scope} ${group} ${rule} ${names.join(' ')}`.trim()).sort();

/** The rules once more, searched for rather than derived. */
function ruleFor({ workload = {} }: ProjectData, { only }: GroupData): string | null {
  if (only === undefined) return 'UNRESTRICTED';
  const { id = 'web', kind = 'service', tags = [] } = workload;
  if ((only.workloads ?? []).some((each) => `${each.kind} ${each.id}` === `${kind} ${id}`)) return 'LISTED';
  const wanted = only.tags ?? [];
  const met = wanted.filter((tag) => tags.includes(tag)).length;
  return met > 0 && (only.tagMatchCondition !== 'and' || met === wanted.length) ? 'TAGS' : null;
}
const covers = ({ secretType = 'environment-arguments' }: GroupData, scope: string): boolean =>
  secretType.split('-').includes(scope === 'RUNTIME' ? 'environment' : 'arguments');

function modelOfGroup(data: ProjectData, id: string, names: readonly string[] = []): readonly string[] {
  const group = data.groups[id] as GroupData;
  const rule = ruleFor(data, group);
  return SCOPES.filter((scope) => rule !== null && covers(group, scope)).map((scope) =>
    `${scope} ${id} ${rule} ${names.join(' ')}`.trim(),
  );
}

const ADDON = 'addon/example-db';
function modelOfAddon(data: ProjectData): readonly string[] {
  return Object.entries(data.groups)
    .flatMap(([id, group]) => {
      const names = (group.links ?? [])
        .filter(({ to }) => to === ADDON)
        .flatMap(({ keys }) =>
          Object.entries(keys).flatMap(([key, aliases]) => (aliases.length > 0 ? aliases : [`EXAMPLE_DB_${key}`])),
        );
      return names.length === 0 ? [] : modelOfGroup(data, id, [...new Set(names)].sort(order));
    })
    .sort();
}

/** Follows every key of every winner by recursion. */
function modelOfGlobal(data: ProjectData, slug: string): readonly string[] {
  return SCOPES.flatMap((scope) => {
    const scoped = { ...data, scope };
    const winner = (what: 'variables' | 'files' | 'mounts', name: string) => candidates(scoped, what, name)[0];
    const draws = (text: string, trail: readonly string[]): boolean =>
      tokensOf(text).some(({ name }) => {
        if (name === null) return false;
        if (/^secrets\.[^.]+\.(values(\.|\[").*|files(\.|\[").*\.data)$/s.test(name))
          return name.split('.')[1] === slug;
        const next = trail.includes(name) ? undefined : winner('variables', name);
        return next?.template === true && draws(next.text, [...trail, name]);
      });
    const found = new Map<string | null, string[]>();
    for (const what of ['variables', 'files', 'mounts'] as const) {
      for (const name of allNames(scoped, what)) {
        const first = winner(what, name);
        if (!first?.template || first.type === null || !draws(first.text, [])) continue;
        found.set(first.group, [...(found.get(first.group) ?? []), name]);
      }
    }
    return [...found].map(([group, names]) => {
      const rule = group === null ? 'DIRECT' : ruleFor(data, data.groups[group] as GroupData);
      return `${scope} ${group} ${rule} ${[...new Set(names)].sort(order).join(' ')}`;
    });
  }).sort();
}

describe('who depends, and why', () => {
  it('agrees with a model on random projects', () => {
    const hits = new Map<string, number>();
    const count = (lines: readonly string[]): void => {
      for (const line of lines) hits.set(line.split(' ')[2] ?? '', (hits.get(line.split(' ')[2] ?? '') ?? 0) + 1);
    };
    const property = fc.property(anyProject, (data) => {
      const { groups, workload } = inputOf(data);
      for (const group of groups) {
        expect(said(dependenceOnGroup(group, workload))).toEqual([...modelOfGroup(data, group.id)].sort());
      }
      const isMeant = (link: { readonly addonKind: string; readonly addonId: string }) =>
        `${link.addonKind}/${link.addonId}` === ADDON;
      expect(said(dependenceOnAddon(isMeant, groups, workload))).toEqual(modelOfAddon(data));
      for (const slug of ['shared', 'plain', 'missing']) {
        const model = modelOfGlobal(data, slug);
        expect(said(dependenceOnGlobal(slug, groups, workload))).toEqual(model);
        count(model);
      }
    });
    fc.assert(property, { numRuns: 1_500 });
    for (const rule of ['UNRESTRICTED', 'LISTED', 'TAGS', 'DIRECT']) expect(hits.get(rule) ?? 0).toBeGreaterThan(20);
  });

  it('finds exactly the global secrets that a resolution asks for', () => {
    const property = fc.property(anyProject, (data) => {
      const input = inputOf(data);
      const asked = new Set<string>();
      const { globals } = input;
      const spying = {
        get: (slug: string) => {
          asked.add(slug);
          return globals.get(slug);
        },
      };
      resolve({ ...input, globals: spying });
      const found = ['shared', 'plain', 'missing'].filter((slug) =>
        dependenceOnGlobal(slug, input.groups, input.workload).some(({ scope }) => scope === input.scope),
      );
      expect(found.sort()).toEqual([...asked].sort());
    });
    fc.assert(property, { numRuns: 1_500 });
  });
});
