import type { Case } from './case.ts';

/** `A` holds the text; `B` is `b` (and `X.Y-z` is `xyz`). */
const reads = (title: string, text: string, result: string, unresolved: readonly string[] = []): Case => ({
  title: `${title}: ${text}`,
  groups: { g: { variables: { A: text, B: 'b', 'X.Y-z': 'xyz' } } },
  expect: { variables: { A: result, B: 'b', 'X.Y-z': 'xyz' }, unresolved: unresolved.map((line) => `A: ${line}`) },
});

const unknown = (reference: string): string => `${reference} UNKNOWN_VARIABLE`;

/** How a text is read. */
export const TEMPLATES: readonly Case[] = [
  reads('a reference', 'x${B}y', 'xby'),
  reads('two in a row', '${B}${B}', 'bb'),
  reads('dots and hyphens belong to the name', '${X.Y-z}', 'xyz'),
  reads('double braces', '${{B}}', 'b'),
  reads('spaces around the name do not count', '${ B }${{  B }}', 'bb'),
  reads('a tab does', '${\tB}', '${\tB}', [unknown('${\tB}')]),
  reads('a space inside belongs to the name', '${B B}', '${B B}', [unknown('${B B}')]),
  reads('names differ by case', '${b}', '${b}', [unknown('${b}')]),
  reads('an escape', '$${B}', '${B}'),
  reads('an escape, then a reference', '$${${B}', '${b'),
  reads('two dollars before an escape', '$$${B}', '$${B}'),
  reads('four dollars', '$$$${B}', '$$${B}'),
  reads('an escape of double braces', '$${{B}}', '${{B}}'),
  reads('an escape left open', '$${', '${'),
  reads('case 269: a dollar sign before a value', '${$}${B}', '$b'),
  reads('case 269: in double braces, spaces around it', '${{ $ }}${ $ }', '$$'),
  reads('case 269: an escape before it', '$${$}${B}', '${$}b'),
  reads('case 269: left open', '${$ ${B}', '${$ b'),
  reads('case 269: two dollars are a name', '${$$}', '${$$}', [unknown('${$$}')]),
  reads('case 269: what it yields opens nothing', '${$}{B}', '${B}'),
  reads('dollars without a brace', '$$ $1 $& $` $B', '$$ $1 $& $` $B'),
  reads('not closed', '${B', '${B'),
  reads('not closed, then one that is', '${B ${B}', '${B b'),
  reads('not closed twice', '${{B}', '${{B}'),
  reads('a single form cannot hold a brace', '${{B} ${B}', '${{B} b'),
  reads('closed once too often', '${B}}', 'b}'),
  reads('double, closed once too often', '${{B}}}', 'b}'),
  reads('three braces', '${{{B}}}', '${{{B}}}'),
  reads('a reference inside double braces', '${{ ${B} }}', '${{ b }}'),
  reads('a reference inside a name', '${X${B}}', '${Xb}'),
  reads('empty', '${} ${ } ${{}} ${{ }}', '${} ${ } ${{}} ${{ }}'),
  reads('a backslash escapes nothing', '\\${B}', '\\b'),
  reads('braces alone', '{B} {{B}} }{', '{B} {{B}} }{'),
  reads('over lines', '${B}\n${B}\n', 'b\nb\n'),
  reads('case 43: constructor is unknown', '${constructor}', '${constructor}', [unknown('${constructor}')]),
  reads('case 43: __proto__ is unknown', '${__proto__}', '${__proto__}', [unknown('${__proto__}')]),
  reads('an unknown name stays as written', '${{ NO }}-${NO}', '${{ NO }}-${NO}', [
    unknown('${{ NO }}'),
    unknown('${NO}'),
  ]),
  reads('a repeated unknown name is listed once', '${NO}${NO}', '${NO}${NO}', [unknown('${NO}')]),
];
