import { LRUCache } from 'lru-cache';
import { type Row, WrittenRows } from '../../audit/written-rows.ts';
import type { Resolution, ResolvedVariable, Sensitivity } from '../../domain/types.ts';
import { byCodePoint } from '../../kernel/ids.ts';
import type { Sight } from './sight.ts';

/** One field of a variable as JSON. */
type Part = (variable: ResolvedVariable, isSeen: boolean, sight: Sight) => string;

const TYPES: Readonly<Record<Sensitivity, string>> = { secret: '"SECRET"', config: '"CONFIG"' };

const PARTS: ReadonlyMap<string, Part> = new Map<string, Part>([
  ['name', ({ name }) => JSON.stringify(name)],
  ['value', ({ value }, isSeen) => (isSeen ? JSON.stringify(value) : 'null')],
  ['masked', (_variable, isSeen) => String(!isSeen)],
  ['type', (variable, _isSeen, sight) => TYPES[sight.typeOf(variable)]],
]);

/** How some fields of a variable are written. */
export interface RowForm {
  /** Stands for it among the keys of what is kept. */
  readonly id: number;
  readonly rowOf: (variable: ResolvedVariable, sight: Sight) => Row;
}

let forms = 0;

/** null: among them is one that takes more than the variable. `typename`: a subgraph may call it otherwise. */
export function rowFormOf(
  fields: readonly { readonly key: string; readonly name: string }[],
  typename: string,
): RowForm | null {
  const parts: { readonly before: string; readonly part: Part }[] = [];
  for (const { key, name } of fields) {
    const part: Part | undefined = name === '__typename' ? () => JSON.stringify(typename) : PARTS.get(name);
    if (part === undefined) return null;
    parts.push({ before: `${parts.length === 0 ? '{' : ','}${JSON.stringify(key)}:`, part });
  }
  const tellings = fields.filter(({ name }) => name === 'value').length;
  forms += 1;
  return {
    id: forms,
    rowOf(variable, sight) {
      const isSeen = sight.sees(variable);
      let text = '';
      for (const { before, part } of parts) text += before + part(variable, isSeen, sight);
      return { name: variable.name, text: `${text}}`, values: isSeen && variable.value !== null ? tellings : 0 };
    },
  };
}

/** Variables of an outcome, written: those that others get as well, and a workload's own over them. */
export interface Rows {
  readonly under: WrittenRows;
  readonly over: WrittenRows | null;
}

const rowsIn = (variables: Resolution['variables'], form: RowForm, sight: Sight): WrittenRows =>
  new WrittenRows(
    [...variables.values()].sort((a, b) => byCodePoint(a.name, b.name)).map((each) => form.rowOf(each, sight)),
  );

/** Writes variables, what many get once for all who see the same of it. `maxBytes`: of what is kept; 0 keeps nothing. */
export function createRows(maxBytes: number) {
  const kept =
    maxBytes === 0
      ? null
      : new LRUCache<string, WrittenRows>({
          maxSize: maxBytes,
          sizeCalculation: ({ bytes }, key) => bytes + key.length,
        });
  const numbers = new WeakMap<Resolution, number>();
  let count = 0;
  function numberOf(shared: Resolution): number {
    const known = numbers.get(shared);
    if (known !== undefined) return known;
    count += 1;
    numbers.set(shared, count);
    return count;
  }

  function written(shared: Resolution, form: RowForm, sight: Sight): WrittenRows {
    const name = `${numberOf(shared)} ${form.id} ${sight.key}`;
    const known = kept?.get(name);
    if (known) return known;
    const rows = rowsIn(shared.variables, form, sight);
    kept?.set(name, rows);
    return rows;
  }

  return function rowsOf(resolution: Resolution, form: RowForm, sight: Sight): Rows {
    const { laid } = resolution;
    if (laid === undefined) return { under: rowsIn(resolution.variables, form, sight), over: null };
    const over = laid.variables.size === 0 ? null : rowsIn(laid.variables, form, sight);
    return { under: written(laid.over, form, sight), over };
  };
}
