/** Texts drawn at random whose entropy is known. */

/** Unpredictable bytes, as many as asked. */
export type Random = (size: number) => Uint8Array;

export interface Generated {
  readonly text: string;
  /** Binary logarithm of the number of texts that were equally likely. */
  readonly entropyBits: number;
}

export const CHARACTER_CLASSES = ['lower', 'upper', 'digits', 'symbols'] as const;
export type CharacterClass = (typeof CHARACTER_CLASSES)[number];

const ALPHABETS: { readonly [Class in CharacterClass]: string } = {
  lower: 'abcdefghijklmnopqrstuvwxyz',
  upper: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  digits: '0123456789',
  symbols: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
};
/** Taken for one another in print. */
const AMBIGUOUS = new Set('0Oo1lI|`\'"');

export interface PasswordRecipe {
  readonly length: number;
  /** Each once; every one of them occurs in the password. */
  readonly classes: readonly CharacterClass[];
  readonly excludeAmbiguous: boolean;
}

const charactersOf = (name: CharacterClass, excludeAmbiguous: boolean): string =>
  [...ALPHABETS[name]].filter((character) => !excludeAmbiguous || !AMBIGUOUS.has(character)).join('');

/** A whole password is drawn anew when it lacks a class: one in two passes at the shortest length. */
const MAX_DRAWS = 2_000;

const stuck = (): Error => new Error('The source of randomness is stuck');

/** Any password of the recipe that holds every class is as likely as any other. */
export function generatePassword({ length, classes, excludeAmbiguous }: PasswordRecipe, random: Random): Generated {
  const alphabets = classes.map((name) => charactersOf(name, excludeAmbiguous));
  const alphabet = alphabets.join('');
  const draw = drawer(random);
  for (let i = 0; i < MAX_DRAWS; i += 1) {
    const text = Array.from({ length }, () => alphabet.charAt(draw(alphabet.length))).join('');
    const isWhole = alphabets.every((own) => [...own].some((character) => text.includes(character)));
    if (isWhole) return { text, entropyBits: log2(countPasswords(alphabets, length)) };
  }
  throw stuck();
}

/** How many texts of a length hold at least one character of each alphabet: by inclusion and exclusion. */
function countPasswords(alphabets: readonly string[], length: number): bigint {
  let count = 0n;
  for (let subset = 0; subset < 2 ** alphabets.length; subset += 1) {
    let size = 0;
    let left = 0;
    for (const [i, alphabet] of alphabets.entries()) {
      if ((subset >> i) & 1) left += 1;
      else size += alphabet.length;
    }
    const texts = BigInt(size) ** BigInt(length);
    count += left % 2 === 0 ? texts : -texts;
  }
  return count;
}

/** A number as near as a double comes to it. */
function log2(count: bigint): number {
  const extra = Math.max(0, count.toString(2).length - 60);
  return Math.log2(Number(count >> BigInt(extra))) + extra;
}

const BATCH = 64;

/** Draws numbers below a bound of at most 256: a byte that would favour some is thrown away. */
function drawer(random: Random): (bound: number) => number {
  let bytes: Uint8Array = new Uint8Array();
  let next = 0;
  const byte = (): number => {
    if (next >= bytes.length) {
      bytes = random(BATCH);
      next = 0;
    }
    const value = bytes[next] ?? 0;
    next += 1;
    return value;
  };
  return (bound) => {
    const fair = 256 - (256 % bound);
    for (let i = 0; i < MAX_DRAWS; i += 1) {
      const value = byte();
      if (value < fair) return value % bound;
    }
    throw stuck();
  };
}

export interface ApiKeyRecipe {
  /** Stands before what is drawn. */
  readonly prefix: string;
  readonly bytes: number;
}

/** Random bytes in base64url without padding. */
export function generateApiKey({ prefix, bytes }: ApiKeyRecipe, random: Random): Generated {
  return { text: `${prefix}${base64url(random(bytes))}`, entropyBits: bytes * 8 };
}

function base64url(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
