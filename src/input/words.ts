import { z } from 'zod';

/** Words for what zod finds by itself. Its own would do, but for their jargon; none may hold a value. */

const TYPES: ReadonlyMap<string, string> = new Map([
  ['string', 'a string'],
  ['number', 'a number'],
  ['int', 'a whole number'],
  ['boolean', 'true or false'],
  ['date', 'a date and time'],
  ['array', 'a list'],
  ['object', 'an object'],
  ['map', 'an object'],
]);
/** What the bounds of a kind of value count. */
const UNITS: ReadonlyMap<string, string> = new Map([
  ['string', 'characters'],
  ['array', 'entries'],
]);

const bound = (origin: string, max: boolean, count: number | bigint): string => {
  const unit = UNITS.get(origin);
  const words = `${max ? 'at most' : 'at least'} ${count.toLocaleString('en')}`;
  return unit ? `must have ${words} ${unit}` : `must be ${words}`;
};

/** A name as a message may hold it. */
const shown = (name: string): string => (/^[\w.$-]{1,60}$/.test(name) ? `\`${name}\`` : 'one with another name');

/** undefined: zod's own words. */
function wordsFor(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type': {
      const wanted = TYPES.get(issue.expected) ?? 'of another type';
      return issue.input === null ? `must not be null, but ${wanted}` : `must be ${wanted}`;
    }
    case 'invalid_value': {
      const allowed = `one of ${issue.values.slice(0, 60).map(String).join(', ')}`;
      return issue.input === null ? `must not be null, but ${allowed}` : `must be ${allowed}`;
    }
    case 'too_small':
      return bound(issue.origin, false, issue.minimum);
    case 'too_big':
      return bound(issue.origin, true, issue.maximum);
    case 'unrecognized_keys':
      return `has fields that are not known: ${issue.keys.slice(0, 10).map(shown).join(', ')}`;
    default:
      return undefined;
  }
}

z.config({ customError: wordsFor });
