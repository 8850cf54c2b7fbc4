import { describe, expect, it } from 'vitest';
import { DIALECT_NAMES, type DialectName, isDialectName, loadDialect } from '../../../src/dialects/dialects.ts';

const read = async (name: DialectName, text: string) => {
  const { variables, problems } = (await loadDialect(name)).read(text);
  return { values: Object.fromEntries(variables.map((it) => [it.name, it.value])), variables, problems };
};

describe('what files of people hold', () => {
  it.each<[DialectName, string, string, Record<string, string>]>([
    ['dotenv', 'a byte order mark', '\ufeffA=1\nB=2', { A: '1', B: '2' }],
    ['dotenv', 'CRLF', 'A=1\r\nB="x\r\ny"\r\n', { A: '1', B: 'x\ny' }],
    [
      'dotenv',
      'export, spaces, comments',
      '# c\n\n export A = 1 # one\nB=x#y\nC="# no"\n',
      { A: '1', B: 'x', C: '# no' },
    ],
    ['dotenv', 'a colon', 'A: b\n', { A: 'b' }],
    [
      'dotenv',
      'several lines and quotes',
      'A=\'x\ny\'\nB="p\\nq"\nC=`it\'s "z"`',
      { A: 'x\ny', B: 'p\nq', C: 'it\'s "z"' },
    ],
    ['dotenv', 'code, which stays text', 'A=$(id)\nB=`id`\nC=${HOME}\n', { A: '$(id)', B: 'id', C: '${HOME}' }],
    ['dotenv', 'a name that comes twice', 'A=1\nB=2\nA=3', { B: '2', A: '3' }],
    ['dotenv', 'names of objects', '__proto__=1\nconstructor=2', JSON.parse('{"__proto__":"1","constructor":"2"}')],
    ['node', 'text behind a quote', 'A="a" b\n', { A: 'a' }],
    ['posix', 'pieces', "A='it'\\''s'\"!\"\nexport B=x # c\n", { A: "it's!", B: 'x' }],
    ['posix', 'a continued line', 'A="x\\\ny"\n', { A: 'xy' }],
    ['systemd', 'no comment behind a value', '; c\nA=a #b\n', { A: 'a #b' }],
    ['docker-env-file', 'quotes, which stay', '\ufeffA="b" \n#c\nB= x\n', { A: '"b" ', B: ' x' }],
    ['compose', 'escapes', "A=\"\\$x $$y\\t\"\nB='it\\'s'\n", { A: '$x $y\t', B: "it's" }],
    ['github-env', 'lines up to a mark', 'A<<E\nx\ny\nE\nB=1\n', { A: 'x\ny', B: '1' }],
    ['json', 'an object', '\ufeff{"A": "1", "B": "x\\ny"}', { A: '1', B: 'x\ny' }],
    ['yaml', 'a map', 'A: x\nB: "no"\n', { A: 'x', B: 'no' }],
    ['k8s-secret', 'data and stringData', 'kind: Secret\ndata: {A: eA==}\nstringData: {B: y}\n', { A: 'x', B: 'y' }],
  ])('%s: %s', async (name, _what, text, values) => {
    expect(await read(name, text)).toMatchObject({ values, problems: [] });
  });
});

describe('what cannot be read is told by its line, and never by its value', () => {
  it.each<[DialectName, string, number, string]>([
    ['dotenv', 'A=1\nB="hidden\nC=2', 2, 'opens a quote (") that nothing closes'],
    ['dotenv', 'A=1\n\nhidden', 3, 'has no "=" behind a name'],
    ['dotenv', 'A="x" hidden', 1, 'has text behind a closing quote'],
    ['dotenv', 'A B=hidden', 1, 'begins with a name that is not of letters, digits, "_", "." and "-"'],
    ['node', '\ufeffA=hidden', 1, 'begins with a name that is not without spaces'],
    ['node', 'A=1\nB="hidden', 2, 'opens a quote (") that nothing closes'],
    ['posix', 'A=$(hidden)', 1, 'holds what a shell would run or expand'],
    ['posix', 'A="`hidden`"', 1, 'holds what a shell would run or expand'],
    ['posix', 'A=1 hidden', 1, 'has more than one word: quote the value'],
    ['posix', 'hidden', 1, 'has no "=" behind a name'],
    ['docker-env-file', `A=1\nB=${'hidden'.repeat(11_000)}`, 2, 'is longer than 65535 bytes'],
    ['compose', 'A=${hidden}', 1, 'refers to another variable with "$"'],
    ['github-env', 'A<<E\nhidden\n', 1, 'opens lines that its mark does not end'],
    ['json', '{\n"A": 1}', 2, 'is a number: values are text, in quotes'],
    ['json', '{\n"A": {"hidden": "x"}}', 2, 'is no text: values are text, in quotes'],
    ['json', '{\n"A": "hidden', 2, 'is not as the format wants it'],
    ['json', '["hidden"]', 1, 'is no object of names and texts'],
    ['yaml', 'A: x\nB: true', 2, 'is a boolean: values are text, in quotes'],
    ['yaml', 'A: &hidden x\nB: *hidden', 2, 'is no text: values are text, in quotes'],
    ['k8s-secret', 'data:\n  A: "hidden!"', 2, 'is not text in base64'],
  ])('%s: %j', async (name, text, line, message) => {
    const { problems, values } = await read(name, text);
    expect(problems[0]).toEqual({ line, message: expect.stringContaining(message) });
    expect(JSON.stringify(problems)).not.toContain('hidden');
    expect(values.B).toBeUndefined();
  });

  it('reads on behind it, and counts lines of values', async () => {
    const { variables, problems } = await read('dotenv', 'A="1\n2\n3"\noops\nB=4\nC="5" 6\nD=7');
    expect(variables.map(({ name, line }) => [name, line])).toEqual([
      ['A', 1],
      ['B', 5],
      ['D', 7],
    ]);
    expect(problems.map(({ line }) => line)).toEqual([4, 6]);
  });

  it('case 64: follows no alias of YAML, so no bomb goes off', async () => {
    const levels = Array.from({ length: 30 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}]`);
    const { problems } = await read('yaml', `a0: &a0 [x]\n${levels.join('\n')}\n`);
    expect(problems.length).toBe(31);
  });

  it('case 63: takes long lines and many bad ones', async () => {
    const long = await read('dotenv', `A=${'x'.repeat(10_000_000)}\n`);
    expect(long.values.A?.length).toBe(10_000_000);
    for (const name of DIALECT_NAMES) {
      const { problems } = await read(name, "A='x\\'\n".repeat(100_000));
      expect(problems.length).toBeLessThanOrEqual(100);
    }
  });
});

describe('what cannot be written is refused by its name', () => {
  it.each<[DialectName, string, string, string]>([
    ['dotenv', 'A/B', 'x', 'its name is not of letters'],
    ['dotenv', 'A', `'"\``, 'no way to write its value'],
    ['dotenv', 'A', 'x\0y', 'NUL'],
    ['node', 'A', 'x\ry', 'no way to write its value'],
    ['posix', 'UID', 'x', 'a meaning of its own'],
    ['posix', '1A', 'x', 'its name is not one that a shell can hold'],
    ['docker-env-file', 'A', 'x\ny', 'no way to write its value'],
    ['docker-env-file', 'A', 'x'.repeat(70_000), 'no way to write its value'],
    ['github-env', 'NODE_OPTIONS', 'x', 'a meaning of its own'],
    ['github-env', 'GITHUB_TOKEN', 'x', 'not begun by GITHUB_'],
    ['k8s-secret', 'A/B', 'x', 'its name is not of letters'],
    ['k8s-secret', 'A', 'x'.repeat(1_048_577), 'a Secret holds at most 1048576 bytes'],
    ['json', 'A', '\ud800', 'not well-formed'],
  ])('%s: %s', async (name, variable, value, reason) => {
    const { text, refused } = (await loadDialect(name)).write([
      { name: variable, value },
      { name: 'GOOD', value: 'good' },
    ]);
    expect(refused).toEqual([{ name: variable, reason: expect.stringContaining(reason) }]);
    expect((await read(name, text)).values).toEqual({ GOOD: 'good' });
  });

  it('knows dialects by their own names', () => {
    expect(['dotenv', 'toString', '__proto__', ''].map(isDialectName)).toEqual([true, false, false, false]);
  });
});
