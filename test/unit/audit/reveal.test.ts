import { readdirSync, readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Notes } from '../../../src/audit/notes.ts';
import { reveal, Value } from '../../../src/audit/reveal.ts';
import { createAnswers } from '../../../src/graphql/engine/answers.ts';

const SRC = new URL('../../../src/', import.meta.url).pathname;

describe('a value', () => {
  it('is opened for those who may see it, and noted by whose it is; a missing one is no showing', () => {
    const notes = new Notes();
    expect(reveal({ notes }, new Value('group/p/a', true, () => 'text'))).toBe('text');
    expect(reveal({ notes }, new Value('group/p/a', true, () => 'text'))).toBe('text');
    expect(reveal({ notes }, new Value('group/p/b', false, () => 'hidden'))).toBe(null);
    expect(reveal({ notes }, new Value('group/p/c', true, () => null))).toBe(null);
    expect([...notes.shown]).toEqual([['group/p/a', 2]]);
  });

  it('is not even made for those who may not see it', () => {
    const value = new Value('group/p/a', false, () => {
      throw new Error('made');
    });
    expect(reveal({ notes: new Notes() }, value)).toBe(null);
  });

  it('is noted with one event of a stream, and not with the next', () => {
    const notes = new Notes();
    notes.note('group/p/a');
    expect([[...notes.take()], [...notes.take()]]).toEqual([[['group/p/a', 1]], []]);
    notes.note('group/p/a');
    expect([...notes.take()]).toEqual([['group/p/a', 1]]);
  });

  it('tells nothing of its text when it is printed', () => {
    const value = new Value('group/p/a', true, () => 'text');
    expect(JSON.stringify(value)).toBe('{"of":"group/p/a","isSeen":true}');
    for (const printed of [inspect(value, { depth: 9, showHidden: true }), String(value)])
      expect(printed).not.toContain("'text'");
  });
});

describe('an answer that is given again', () => {
  it('carries the note of what it shows, each time', async () => {
    const answers = createAnswers(10_000);
    const notes = new Notes();
    notes.note('group/p/a');
    const request = Buffer.from('{"query":"{ a }"}');
    const made = { status: 200, latin1: '{}', operationName: null, shown: notes.shown, repeatable: true };
    const given = [
      await answers.once('stamp', request, async () => made),
      await answers.once('stamp', request, async () => {
        throw new Error('made anew');
      }),
      answers.find('stamp', request),
    ];
    // What is shown later with the same notes is another answer.
    notes.note('group/p/b');
    for (const each of given) expect([...(each?.shown ?? [])]).toEqual([['group/p/a', 1]]);
  });
});

describe('files of the schema', () => {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /^modules\/.*(schema|mutations|types|node)\.ts$/.test(file),
  );
  const decides = (source: string): boolean =>
    /import (?!type)[^;]*from '[^']*(rights|access\/permissions)\.ts'|\bcan\(|\bmayOn[A-Z]\w*\(/.test(source);

  it.each(files)('%s decides no right and no mask', (file) => {
    expect(decides(readFileSync(`${SRC}${file}`, 'utf8'))).toBe(false);
  });

  it('would be found deciding one', () => {
    expect(decides("import { mayOnGroup } from './rights.ts';")).toBe(true);
    expect(decides("resolve: () => can(session.principal, 'read', 'tag')")).toBe(true);
  });
});
