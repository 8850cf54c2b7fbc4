import { placeIn } from '../kernel/ids.ts';
import type { Viewer } from './reveal.ts';

/** A row of a list as text, and how many values it tells. */
export interface Row {
  readonly name: string;
  readonly text: string;
  readonly values: number;
}

/** The one way to the text. Nothing else can open any. */
let told: (under: WrittenRows, over: WrittenRows | null) => { readonly text: string; readonly values: number };

/** Of memory for each row beside its text: the name is that of its source. */
const ROW_BYTES = 40;
const OWN_BYTES = 300;

/**
 * Rows that are written once for all who see the same of them, by name and in that order. They hold values, where neither a resolver
 * nor a log can get at them: `revealRows` alone tells their text, and notes how many values it tells.
 */
export class WrittenRows {
  readonly names: readonly string[];
  /** About what they take. */
  readonly bytes: number;
  readonly #text: string;
  /** Where each begins, and at last where another would. */
  readonly #starts: readonly number[];
  /** How many values those before each tell. */
  readonly #values: readonly number[];

  constructor(rows: readonly Row[]) {
    const starts = [0];
    const values = [0];
    for (const row of rows) {
      starts.push((starts.at(-1) ?? 0) + row.text.length + 1);
      values.push((values.at(-1) ?? 0) + row.values);
    }
    this.names = rows.map(({ name }) => name);
    this.#text = rows.map(({ text }) => text).join(',');
    this.#starts = starts;
    this.#values = values;
    this.bytes = OWN_BYTES + rows.length * ROW_BYTES + 2 * this.#text.length;
  }

  /** How many there are, with others laid over them. */
  countWith(over: WrittenRows | null): number {
    let count = this.names.length;
    for (const name of over?.names ?? []) if (this.names[placeIn(this.names, name)] !== name) count += 1;
    return count;
  }

  #piece(from: number, to: number): string {
    return from >= to ? '' : this.#text.slice(this.#starts[from], (this.#starts[to] ?? 0) - 1);
  }

  #valuesIn(from: number, to: number): number {
    return (this.#values[to] ?? 0) - (this.#values[from] ?? 0);
  }

  #laid(over: WrittenRows): { readonly text: string; readonly values: number } {
    let values = over.#valuesIn(0, over.names.length);
    let text = '';
    let done = 0;
    for (let i = 0; i <= over.names.length; i += 1) {
      const name = over.names[i];
      const place = name === undefined ? this.names.length : placeIn(this.names, name);
      // Put together, and not joined: so it is copied once, with the answer that it stands in.
      if (done < place) text += `${text === '' ? '' : ','}${this.#piece(done, place)}`;
      values += this.#valuesIn(done, place);
      if (name !== undefined) text += `${text === '' ? '' : ','}${over.#piece(i, i + 1)}`;
      done = this.names[place] === name ? place + 1 : place;
    }
    return { text, values };
  }

  static {
    told = (under, over) =>
      over === null ? { text: under.#text, values: under.#values.at(-1) ?? 0 } : under.#laid(over);
  }
}

/** The rows as one list for somebody, noted as those of `of`; a row of `over` stands for that of the same name. */
export function revealRows({ notes }: Viewer, of: string, under: WrittenRows, over: WrittenRows | null): string {
  const { text, values } = told(under, over);
  if (values > 0) notes.note(of, values);
  return `[${text}]`;
}
