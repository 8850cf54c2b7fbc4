import { writeFileSync } from 'node:fs';
import { SLICES } from '../../src/app/slices.ts';
import { type LimitName, type LimitTable, OWN_LIMITS, variableOf } from '../../src/kernel/limits.ts';
import type { Slice } from '../../src/modules/slice.ts';

export const LIMITS = '.github/docs/limits.md';

const INTRODUCTION = `# Limits

Everything that is bounded. An environment variable changes each limit, to the minimum or more; Keyloom refuses to start with an unknown
name or a smaller value. Units: bytes, or milliseconds where the name ends in \`_MS\`. \`npm run schema\` writes this file.
`;

const figure = (value: number): string => value.toLocaleString('en');

function section(heading: string, table: LimitTable): string {
  const rows = Object.entries(table).map(
    ([name, { default: usual, min, words }]) =>
      `| \`${variableOf(name as LimitName)}\` | ${figure(usual)} | ${figure(min)} | ${words} |`,
  );
  return `\n## ${heading}\n\n| variable | default | minimum | bounds |\n|---|---|---|---|\n${rows.join('\n')}\n`;
}

const headingOf = (name: string): string => `${name[0]?.toUpperCase() ?? ''}${name.slice(1).replaceAll('-', ' ')}`;

/** The text of the reference of limits. */
export const printedLimits = (slices: readonly Slice[] = SLICES): string =>
  [
    INTRODUCTION,
    section('The gateway', OWN_LIMITS),
    ...slices.flatMap(({ name, limits }) => (limits ? [section(headingOf(name), limits)] : [])),
  ].join('');

if (process.argv[1]?.endsWith('print-limits.ts')) writeFileSync(LIMITS, printedLimits());
