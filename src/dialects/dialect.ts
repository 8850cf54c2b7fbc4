/** What every dialect has in common. Nothing here knows of the gateway, of files, or of Node. */

export interface Variable {
  readonly name: string;
  readonly value: string;
}

/** A variable that a dialect cannot hold: the reason, and never the value. */
export interface Refused {
  readonly name: string;
  readonly reason: string;
}

export interface Written {
  readonly text: string;
  /** Not empty: these are not in the text. */
  readonly refused: readonly Refused[];
}

/** What is wrong in a text that was read; the line counts from 1. */
export interface Problem {
  readonly line: number;
  readonly message: string;
}

export interface Read {
  /** In their order; of a name that comes twice, the last. */
  readonly variables: readonly (Variable & { readonly line: number })[];
  /** Not empty: these lines gave no variable. The first 100. */
  readonly problems: readonly Problem[];
}

/** Where a text is more than its variables. */
export interface WriteOptions {
  /** Name of the Kubernetes Secret. */
  readonly secretName?: string;
  readonly namespace?: string;
}

export interface Dialect {
  readonly name: string;
  /** Which program reads it. */
  readonly description: string;
  /** Every value is read back by a model of that program's parser before it is taken; others are refused. */
  write(variables: readonly Variable[], options?: WriteOptions): Written;
  /** As that program reads it. Never runs, expands or fetches anything. */
  read(text: string): Read;
}

/** Writes one value; null: this way does not fit. */
export type Encoding = (value: string) => string | null;

export interface LineDialect {
  readonly name: string;
  readonly description: string;
  readonly names: { readonly pattern: RegExp; readonly rule: string };
  /** Names that the reader gives a meaning of its own. */
  readonly reserved?: ReadonlySet<string>;
  /** In the order in which they are tried. */
  readonly encodings: readonly Encoding[];
  /** One variable with its written value. */
  readonly line: (name: string, written: string) => string;
  /** Lines that may follow: a value must not swallow them. */
  readonly followers: readonly string[];
  readonly read: (text: string) => Read;
}

const NUL = '\0';

/** A dialect of lines: the first encoding that its own reader reads back is taken, else the variable is refused. */
export function lineDialect(of: LineDialect): Dialect {
  const comesBack = (name: string, value: string, line: string): boolean =>
    of.followers.every((follower) => {
      const { variables, problems } = of.read(`${line}\n${follower}\n`);
      const [first, second] = variables;
      return (
        problems.length === 0 && variables.length === 2 && first?.name === name && first.value === value && !!second
      );
    });
  const lineFor = ({ name, value }: Variable): string | null => {
    for (const encoding of of.encodings) {
      const written = encoding(value);
      if (written === null) continue;
      const line = of.line(name, written);
      if (comesBack(name, value, line)) return line;
    }
    return null;
  };
  const reasonAgainst = ({ name, value }: Variable): string | null => {
    if (!of.names.pattern.test(name)) return `its name is not ${of.names.rule}`;
    if (of.reserved?.has(name)) return `${of.name} gives this name a meaning of its own`;
    if (value.includes(NUL)) return 'its value holds a NUL character, which no environment can';
    return value.isWellFormed() ? null : 'its value is not well-formed text';
  };
  return {
    name: of.name,
    description: of.description,
    write: (variables) => {
      const lines: string[] = [];
      const refused: Refused[] = [];
      for (const variable of variables) {
        const reason = reasonAgainst(variable);
        const line = reason === null ? lineFor(variable) : null;
        if (line !== null) lines.push(`${line}\n`);
        else refused.push({ name: variable.name, reason: reason ?? `${of.name} has no way to write its value` });
      }
      return { text: lines.join(''), refused };
    },
    read: of.read,
  };
}

const BARE = /^[A-Za-z0-9_.,:/@%+=-]*$/;

/** As it is, where no reader can see anything in it but its letters. */
export const bare: Encoding = (value) => (BARE.test(value) ? value : null);

/** Between two of the same quotes, as it is. */
export const between =
  (quote: string): Encoding =>
  (value) =>
    value.includes(quote) ? null : `${quote}${value}${quote}`;
