import { percentEncoded } from './contract.ts';

/** Texts shorter than this are words of any sentence. */
const SHORTEST = 4;
const MAX_NEEDLES = 5_000;
const MAX_DEPTH = 64;

export interface Redactor {
  /** Every text in it is never to be seen again, nor its usual spellings. */
  learn(value: unknown): void;
  redact(text: string): string;
}

/** Takes out of log lines what a plugin was given or gave. */
export function createRedactor(): Redactor {
  const needles = new Set<string>();

  function keep(needle: string): void {
    if (needle.length < SHORTEST) return;
    needles.delete(needle);
    needles.add(needle);
    if (needles.size > MAX_NEEDLES) for (const oldest of needles) return void needles.delete(oldest);
  }
  function learn(value: unknown, depth = 0): void {
    if (typeof value === 'string') for (const needle of spellingsOf(value)) keep(needle);
    else if (value instanceof Map) for (const each of value.values()) learn(each, depth + 1);
    else if (typeof value === 'object' && value !== null && depth < MAX_DEPTH) {
      for (const each of Object.values(value)) learn(each, depth + 1);
    }
  }
  function redact(text: string): string {
    const found = [...needles].filter((needle) => text.includes(needle)).sort((a, b) => b.length - a.length);
    return found.reduce((rest, needle) => rest.replaceAll(needle, '[redacted]'), text);
  }
  return { learn, redact };
}

function spellingsOf(text: string): readonly string[] {
  if (text.length < SHORTEST) return [];
  const lines = text.split(/\r?\n/);
  const bytes = Buffer.from(text);
  const base64 = bytes.toString('base64').replace(/={1,2}$/, '');
  // Other alignments within a longer text differ in their ends alone.
  const shifted = [1, 2].map((by) =>
    Buffer.concat([Buffer.alloc(by), bytes])
      .toString('base64')
      .slice(4, -4),
  );
  return [
    text,
    ...(lines.length > 1 ? lines.filter((line) => line.length >= 8) : []),
    base64,
    base64.replaceAll('+', '-').replaceAll('/', '_'),
    ...shifted.filter((part) => part.length >= 6),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    JSON.stringify(text).slice(1, -1),
    ...(text.isWellFormed() ? [encodeURIComponent(text), percentEncoded(text)] : []),
    [...text].reverse().join(''),
  ];
}
