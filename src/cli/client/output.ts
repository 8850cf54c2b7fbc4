import { printable } from './text.ts';

export type Format = 'json' | 'yaml' | 'table';

/** One object, or rows, as text. Values of objects in a table are left out: it is for eyes. */
export async function formatted(data: unknown, format: Format): Promise<string> {
  if (format === 'json') return `${JSON.stringify(data, null, 2)}\n`;
  if (format === 'yaml') {
    const { stringify } = await import('yaml');
    return stringify(data, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' });
  }
  return table(Array.isArray(data) ? (data as readonly object[]) : [data as object]);
}

const cell = (value: unknown): string | null => {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value) && value.every((it) => typeof it === 'string')) return printable(value.join(','));
  return typeof value === 'object' ? null : printable(String(value));
};

function table(rows: readonly object[]): string {
  const columns = [
    ...new Set(
      rows.flatMap((row) => Object.entries(row).flatMap(([key, value]) => (cell(value) === null ? [] : [key]))),
    ),
  ];
  const lines = [
    columns.map((name) => name.toUpperCase()),
    ...rows.map((row) => columns.map((key) => cell((row as Record<string, unknown>)[key]) ?? '')),
  ];
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
  return lines
    .map(
      (line) =>
        `${line
          .map((text, at) => text.padEnd(widths[at] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
