import { bare, type Encoding, lineDialect } from './dialect.ts';
import { type LineSyntax, readLines } from './lines.ts';
import { valueOfWords } from './words.ts';

const SYNTAX: LineSyntax = {
  names: /^[A-Za-z_][A-Za-z0-9_]*$/,
  nameRule: 'one that a shell can hold: letters, digits and "_", not begun by a digit',
  exports: true,
  colons: false,
  spaces: false,
  byteOrderMark: false,
  comments: '#',
  value: valueOfWords({ endsAtSpace: true, expands: true }),
};

const single: Encoding = (value) => `'${value.replaceAll("'", "'\\''")}'`;

/** Read-only in bash, or not a plain variable there or in dash: an assignment fails, or does not stay. */
const RESERVED = new Set(
  [
    'BASHOPTS BASHPID BASH_ALIASES BASH_ARGC BASH_ARGV BASH_ARGV0 BASH_CMDS BASH_COMMAND BASH_EXECUTION_STRING BASH_LINENO',
    'BASH_SOURCE BASH_SUBSHELL BASH_VERSINFO BASH_VERSION COMP_WORDBREAKS DIRSTACK EPOCHREALTIME EPOCHSECONDS EUID FUNCNAME',
    'GROUPS HISTCMD LINENO OPTIND OPTARG OPTERR PIPESTATUS PPID PWD RANDOM SECONDS SHELLOPTS SHLVL SRANDOM UID _',
  ].flatMap((names) => names.split(' ')),
);

/** What a shell reads with `set -a; . file` or `eval`, and direnv with it. */
export const posix = lineDialect({
  name: 'posix',
  description: 'shells: eval "$(keyloom export ...)", or a file to read with "."',
  names: { pattern: SYNTAX.names, rule: SYNTAX.nameRule },
  reserved: RESERVED,
  encodings: [bare, single],
  line: (name, written) => `export ${name}=${written}`,
  followers: ["export Z='z'", 'export Z="z"'],
  read: (text) => readLines(text, SYNTAX),
});
