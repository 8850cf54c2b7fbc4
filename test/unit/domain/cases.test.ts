import { describe, expect, it } from 'vitest';
import { resolve } from '../../../src/domain/resolve.ts';
import type { Case } from './cases/case.ts';
import { ERRORS } from './cases/errors.ts';
import { INHERIT } from './cases/inherit.ts';
import { LINKS } from './cases/links.ts';
import { REFERENCES } from './cases/references.ts';
import { TEMPLATES } from './cases/templates.ts';
import { inputOf, type OutcomeEntry, outcomeOf } from './project.ts';

type Entries = Readonly<Record<string, OutcomeEntry>>;

const select = <T>(entries: Entries, pick: (entry: OutcomeEntry) => T | null): Readonly<Record<string, T>> =>
  Object.fromEntries(
    Object.entries(entries).flatMap(([name, entry]) => {
      const picked = pick(entry);
      return picked === null ? [] : [[name, picked]];
    }),
  );

const textOf = ({ value }: OutcomeEntry): string | null => value;
const errorOf = ({ error }: OutcomeEntry): string | null => error;

function check({ expect: wanted, title, ...project }: Case): void {
  const { variables, files, mounts, warnings, unresolved } = outcomeOf(resolve(inputOf(project)));
  const got = {
    variables: select(variables, textOf),
    errors: select(variables, errorOf),
    files: select(files, textOf),
    fileErrors: select(files, errorOf),
    mounts: select(mounts, textOf),
    // Many rows have odd names for the sake of something else.
    warnings: wanted.warnings ? warnings : warnings.filter((line) => !line.startsWith('NOT_A_SHELL_NAME')),
    unresolved,
  };
  const { secrets, sources = {}, ...outcome } = wanted;
  const empty = { variables: {}, errors: {}, files: {}, fileErrors: {}, mounts: {}, warnings: [], unresolved: [] };
  expect(got, title).toEqual({ ...empty, ...outcome });
  const found = Object.keys(variables).filter((name) => variables[name]?.type === 'secret');
  if (secrets !== undefined) expect(found).toEqual(secrets);
  for (const [name, source] of Object.entries(sources)) expect(variables[name]?.source).toBe(source);
}

describe.each([
  ['who gets what', INHERIT],
  ['linked addon keys', LINKS],
  ['how a text is read', TEMPLATES],
  ['what references lead to', REFERENCES],
  ['errors and sensitivity', ERRORS],
])('the definition of resolution: %s', (_theme, cases) => {
  it.each(cases.map((row): [string, Case] => [row.title, row]))('%s', (_title, row) => check(row));
});
