/**
 * Text of others, fit for a terminal: what would move the cursor, colour or reorder the rest is shown as its code. Line
 * feeds and tabs stay where they may.
 */
export function printable(text: string, lines = false): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (char) =>
    lines && (char === '\n' || char === '\t') ? char : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
