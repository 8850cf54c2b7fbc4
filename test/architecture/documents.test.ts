import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const SKIPPED = new Set(['node_modules', 'dist', '.cache', '.git']);

const documentsIn = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : documentsIn(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });

const DOCUMENTS = documentsIn('.');
const read = (path: string): string => readFileSync(path, 'utf8');

/** As GitHub makes the anchor of a heading. */
const anchorsOf = (text: string): readonly string[] =>
  [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );

/** Links to files of the repository that lead nowhere. */
function brokenLinks(path: string, text: string): readonly string[] {
  const links = [...text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/\]\(([^)\s]+)\)/g)].map(([, to = '']) => to);
  return links.filter((to) => {
    if (/^[a-z]+:/.test(to)) return false;
    const [file = '', anchor] = to.split('#');
    const target = file === '' ? path : join(dirname(path), file);
    if (!existsSync(target)) return true;
    return anchor !== undefined && !anchorsOf(read(target)).includes(anchor);
  });
}

describe('documents', () => {
  it('are found', () => {
    expect(DOCUMENTS).toEqual(expect.arrayContaining(['README.md', '.github/guide.md', 'src/README.md']));
  });

  it.each(DOCUMENTS)('the links of %s lead to files and headings that exist', (path) => {
    expect(brokenLinks(path, read(path))).toEqual([]);
  });

  it('a link to nowhere is found', () => {
    const text = '[a](README.md) [b](nowhere.md) [c](README.md#two-commands) [d](README.md#nowhere) [e](#x)\n# X\n';
    expect(brokenLinks('README.md', text)).toEqual(['nowhere.md', 'README.md#nowhere', '#x']);
  });

  it.each(DOCUMENTS)('the npm commands of %s exist', (path) => {
    const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Record<string, string> };
    const named = [...read(path).matchAll(/\bnpm run ([a-z][\w:-]*)|\bnpm (test|start)\b/g)];
    expect(named.map(([, script, short]) => script ?? short ?? '').filter((name) => !(name in scripts))).toEqual([]);
  });
});

describe('the README', () => {
  const lines = read('README.md').trimEnd().split('\n');

  it('has fewer than 200 lines', () => {
    expect(lines.length).toBeLessThan(200);
  });

  it('has lines under 120 characters outside tables', () => {
    expect(lines.filter((line) => !line.startsWith('|') && line.length >= 120)).toEqual([]);
  });

  it('names every setting, or the operations page that it leads to does', () => {
    const settings = [...read('src/app/config.ts').matchAll(/^ {2}((?:KEYLOOM|MONGODB)_\w+):/gm)].map(
      ([, name = '']) => name,
    );
    expect(settings.length).toBeGreaterThan(15);
    const tables = [...lines, ...read('.github/operations.md').split('\n')].filter((line) => line.startsWith('|'));
    const table = tables.join('\n');
    expect(settings.filter((name) => !table.includes(`\`${name}\``))).toEqual([]);
  });
});

describe('decisions', () => {
  const files = readdirSync('.github/decisions')
    .filter((name) => name !== 'README.md')
    .sort();

  it('are all in the list, once and in order', () => {
    const listed = [...read('.github/decisions/README.md').matchAll(/^- \[[^\]]+\]\(([^)]+)\): \S/gm)].map(
      ([, file = '']) => file,
    );
    expect(listed).toEqual(files);
  });

  it('have numbers of their own', () => {
    const numbers = files.map((file) => file.slice(0, 3));
    expect(new Set(numbers).size).toBe(files.length);
  });

  it.each(files)('%s has a number, a title, context, decision and consequences', (file) => {
    const text = read(join('.github/decisions', file));
    expect(text).toMatch(new RegExp(`^# ${file.slice(0, 3)} \\S`));
    for (const part of ['Context', 'Decision', 'Consequences'])
      expect(text).toMatch(new RegExp(`^(## ${part}$|\\*\\*${part}\\.\\*\\*)`, 'm'));
  });
});
