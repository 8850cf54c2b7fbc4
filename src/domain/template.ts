/** A reference in a text: `raw` as written (`${ A }`), `name` without braces and surrounding spaces (`A`). */
export interface Reference {
  readonly raw: string;
  readonly name: string;
}

/** A stretch of literal text (escapes already turned into `${`), or a reference. */
export type Piece = string | Reference;
export type Scan = (text: string) => readonly Piece[];

const DOLLAR = 0x24;
const SPACE = 0x20;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/**
 * Cuts a text into literals and references, once, left to right. At each position:
 * - `$${` is the literal `${`, and scanning goes on behind it (`$$${A}` is the text `$${A}`);
 * - `${{`, a name without braces, `}}` is a reference; so is `${`, a name without braces, `}`;
 *   U+0020 around the name does not count, every other character does, and an empty name is no reference;
 * - a reference named `$` is the literal `$`, so that a dollar sign can stand before a value: `${$}${PRICE}`;
 * - every other character is literal. `${{A}` is therefore literal throughout: its double form does not close, and as a
 *   single form its name would hold a brace. In `${{ ${A} }}` only the inner `${A}` is a reference.
 */
export function scanTemplate(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let literalFrom = 0;
  let from = 0;
  for (let at = text.indexOf('${'); at !== -1; at = text.indexOf('${', from)) {
    if (at > from && text.charCodeAt(at - 1) === DOLLAR) {
      if (at - 1 > literalFrom) pieces.push(text.slice(literalFrom, at - 1));
      literalFrom = at;
      from = at + 2;
      continue;
    }
    const reference = referenceAt(text, at);
    if (reference === null) {
      from = at + 2;
      continue;
    }
    if (at > literalFrom) pieces.push(text.slice(literalFrom, at));
    pieces.push(reference.name === '$' ? '$' : reference);
    from = at + reference.raw.length;
    literalFrom = from;
  }
  if (literalFrom < text.length) pieces.push(text.slice(literalFrom));
  return pieces;
}

// The name ends at the first brace of either kind, so a text full of `${` is still read in linear time.
function referenceAt(text: string, at: number): Reference | null {
  const braces = text.charCodeAt(at + 2) === OPEN ? 2 : 1;
  const start = at + 1 + braces;
  let end = start;
  while (end < text.length && text.charCodeAt(end) !== OPEN && text.charCodeAt(end) !== CLOSE) end += 1;
  for (let i = 0; i < braces; i += 1) if (text.charCodeAt(end + i) !== CLOSE) return null;
  const name = withoutSpaces(text, start, end);
  return name === '' ? null : { raw: text.slice(at, end + braces), name };
}

function withoutSpaces(text: string, start: number, end: number): string {
  let first = start;
  let last = end;
  while (first < last && text.charCodeAt(first) === SPACE) first += 1;
  while (last > first && text.charCodeAt(last - 1) === SPACE) last -= 1;
  return text.slice(first, last);
}

/** The references of a text in order, as written, repeats included: what a file's entry keeps of its content. */
export function templateReferences(text: string): readonly string[] {
  return scanTemplate(text).flatMap((piece) => (typeof piece === 'string' ? [] : [piece.raw]));
}

/** Bytes of a well-formed text in UTF-8, without encoding it. */
export function utf8Size(text: string): number {
  let size = 0;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    // Each half of a surrogate pair counts two of the pair's four bytes.
    if (unit < 0x80) size += 1;
    else if (unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff)) size += 2;
    else size += 3;
  }
  return size;
}
