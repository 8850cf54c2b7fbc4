import { z } from 'zod';
import type { Problem, Variable } from '../../dialects/dialect.ts';
import { dotenv } from '../../dialects/dotenv.ts';
import { variablesRule } from '../../input/rules.ts';

/** Text of people as variables: read as data, never run or expanded. What is wrong is told by its line, without the line. */

interface Parsed {
  readonly variables: readonly Variable[];
  readonly problems: readonly Problem[];
}

const READERS: Readonly<Record<'dotenv' | 'json', (text: string) => Parsed>> = { dotenv: dotenv.read, json: readJson };

function readJson(text: string): Parsed {
  const value = parsedJson(text.replace(/^\ufeff/, ''));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return failed('is no JSON object');
  const members: readonly (readonly [string, unknown])[] = Object.entries(value);
  const isNoText = members.some(([, member]) => typeof member !== 'string');
  if (isNoText) return failed('holds a value that is no text: values are in quotes');
  return { variables: members.map(([name, member]) => ({ name, value: String(member) })), problems: [] };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const failed = (message: string): Parsed => ({ variables: [], problems: [{ line: 1, message }] });

/** The text of an import with its format, as the variables that it says. */
export const importedRule = z
  .strictObject({ text: z.string(), format: z.enum(['dotenv', 'json']) })
  .transform(({ text, format }, ctx) => {
    const { variables, problems } = READERS[format](text);
    for (const { line, message } of problems) {
      ctx.addIssue({ code: 'custom', path: ['text'], message: `must be readable: line ${line} ${message}` });
    }
    return problems.length > 0 ? z.NEVER : variables.map(({ name, value }): unknown => ({ name, value }));
  })
  .pipe(variablesRule);
