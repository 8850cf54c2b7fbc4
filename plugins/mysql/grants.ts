/** Quoted names and texts are one piece each, so no name can be taken for a word of the statement. */
const PIECES = /`(?:[^`]|``)*`|'(?:[^'\\]|''|\\.)*'|"(?:[^"\\]|""|\\.)*"|[A-Za-z_]+|[^A-Za-z_`'"]/gs;
const piecesOf = (statement: string): readonly string[] => statement.match(PIECES) ?? [];

/** The words after which a grant names whom it is for: `GRANT .. TO`, MySQL's `REVOKE .. FROM`, MariaDB's `SET DEFAULT ROLE .. FOR`. */
const BEFORE_ACCOUNT = /^(TO|FROM|FOR)$/;

/** A line of SHOW GRANTS, for `account` (as SQL has it) in place of whom it was shown for. null when it is of no known shape. */
export function grantTo(line: string, account: string): string | null {
  const pieces = piecesOf(line);
  const at = pieces.findIndex((piece) => BEFORE_ACCOUNT.test(piece));
  const [space, user, sign, host] = pieces.slice(at + 1, at + 5);
  if (at < 0 || space !== ' ' || sign !== '@' || !isQuoted(user) || !isQuoted(host)) return null;
  const after = pieces.slice(at + 5).join('');
  // MariaDB repeats the password here; it is the old one's.
  const rest = /^ (?:IDENTIFIED|REQUIRE)\b/.test(after) ? (/ WITH GRANT OPTION$/.exec(after)?.[0] ?? '') : after;
  return `${pieces.slice(0, at + 1).join('')} ${account}${rest}`;
}

const isQuoted = (piece: string | undefined): boolean => /^[`'"]/.test(piece ?? '');

const CLAUSES = ['DEFAULT ROLE', 'REQUIRE', 'WITH MAX_', 'PASSWORD EXPIRE', 'ACCOUNT'];

/** What SHOW CREATE USER says beyond name and password: TLS that is insisted on, limits, expiry. */
export function conditionsOf(created: string): string {
  const pieces = piecesOf(created);
  const at = pieces.findIndex((_piece, i) => {
    const ahead = pieces.slice(i, i + 3).join('');
    return CLAUSES.some((clause) => ahead.startsWith(clause));
  });
  return at < 0 ? '' : ` ${pieces.slice(at).join('')}`;
}
