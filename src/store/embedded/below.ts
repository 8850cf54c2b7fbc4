import { afterPrefix, isKey, keyText } from '../keys.ts';
import type { Key } from '../port.ts';
import type { EngineReader } from './engine.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');

/** Sorts whose texts begin with a key: heads, what lies beside them, commits, their ids. */
const BY_KEY = ['h', 'b', 's', 'c', 'i'];
/** Sorts in which a kind comes before the key: documents, and their history. */
const BY_KIND = ['d', 'r'];

const isAny = (view: EngineReader, prefix: string): boolean =>
  view.range(bytes(prefix), bytes(afterPrefix(prefix)), 1).length > 0;

/** Whether anything at all stands below a key, of whatever kind: as many reads as there are kinds. */
export function holdsBelow(view: EngineReader, prefix: Key): boolean {
  if (!isKey(prefix)) return false;
  const text = keyText(prefix);
  return (
    BY_KEY.some((sort) => isAny(view, sort + text)) ||
    BY_KIND.some((sort) => kindsOf(view, sort).some((kind) => isAny(view, `${kind}${text}`)))
  );
}

/** What the texts of a sort begin with, up to the end of the kind. */
function kindsOf(view: EngineReader, sort: string): readonly string[] {
  const kinds: string[] = [];
  const end = bytes(String.fromCharCode(sort.charCodeAt(0) + 1));
  for (let start = bytes(sort); ; ) {
    const [next] = view.range(start, end, 1);
    const text = next && Buffer.from(next.key).toString('utf8');
    if (text === undefined) return kinds;
    const kind = `${text.split('\0')[0]}\0`;
    kinds.push(kind);
    start = bytes(afterPrefix(kind));
  }
}
