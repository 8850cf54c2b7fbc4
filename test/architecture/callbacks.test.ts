import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/**
 * What the network calls must not be able to end the process: every listener and every timer of `http/` runs guarded, and
 * WebSockets are closed in one place, where no reason is too long.
 */
const DIR = new URL('../../src/http/', import.meta.url);
const files = readdirSync(DIR).filter((name) => name.endsWith('.ts'));
const sourceOf = (name: string): string =>
  readFileSync(new URL(name, DIR), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');

const CALLED = /\.(?:on|once|addListener)\(\s*'[^']+',\s*|\b(?:setTimeout|setInterval)\(\s*/g;
/** Names of callbacks that guard their own parts, or that cannot throw. */
const SAFE = [
  'guarded(', // everything else
  'exchange.guarded(', // the same with one function
  'upgrade)', // guards each connection
  'starting)', // says the same to everybody
  'handler)', // of requests: guards each exchange
  'refused)', // of listening, before anything is served
  'resolve', // of promises
  '() => resolve(',
  '() => ws.terminate()', // the library's own, which checks its state
  '() => server.closeAllConnections()',
  'stopThoseDue', // deadlines: rejects promises, aborts signals
];

describe.each(files)('http/%s', (name) => {
  const source = sourceOf(name);
  it('runs what the network calls in its guard', () => {
    const bare = [...source.matchAll(CALLED)]
      .map(({ 0: head, index }) => source.slice(index, index + head.length + 60))
      .filter((text) => !SAFE.some((safe) => text.slice((text.match(CALLED)?.[0] ?? '').length).startsWith(safe)));
    expect(bare.filter((text) => !/set(?:Timeout|Interval)\(\(\) => \{\s+for \(const \w+ of/.test(text))).toEqual([]);
  });

  it.skipIf(name === 'close-socket.ts')('leaves closing of WebSockets to close-socket.ts', () => {
    expect(source).not.toMatch(/\bws\.close\(/);
  });
});
