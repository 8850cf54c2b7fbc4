import { z } from 'zod';
import type { Problem, Variable } from '../../dialects/dialect.ts';
import { dotenv } from '../../dialects/dotenv.ts';
import { variablesRule } from '../../input/rules.ts';

/** Text of people as variables: read as data, never run or expanded. What is wrong is told by its line, without the line. */

interface Parsed {
  /** Without a line where the format has none to tell. */
  readonly variables: readonly (Variable & { readonly line?: number })[];
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

/** A problem of one variable by its place in the text. Its name may be what is wrong with it, and is not repeated. */
function told(variables: Parsed['variables'], [at, part]: readonly PropertyKey[], message: string): string {
  if (typeof at !== 'number') return message;
  const line = variables[at]?.line;
  return `${line === undefined ? `variable ${at + 1}` : `line ${line}`}: ${part === undefined ? '' : `${String(part)} `}${message}`;
}

/** The text of an import with its format, as the variables that it says. */
export const importedRule = z
  .strictObject({ text: z.string(), format: z.enum(['dotenv', 'json']) })
  .transform(({ text, format }, ctx) => {
    const { variables, problems } = READERS[format](text);
    for (const { line, message } of problems) {
      ctx.addIssue({ code: 'custom', path: ['text'], message: `must be readable: line ${line} ${message}` });
    }
    if (problems.length > 0) return z.NEVER;
    const judged = variablesRule.safeParse(variables.map(({ name, value }) => ({ name, value })));
    if (judged.success) return judged.data;
    for (const { path, message } of judged.error.issues)
      ctx.addIssue({ code: 'custom', path: ['text'], message: told(variables, path, message) });
    return z.NEVER;
  });
