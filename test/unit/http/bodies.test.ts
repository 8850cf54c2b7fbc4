import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { operationIn } from '../../../src/http/body-operation.ts';
import { parseLongJson, parseStrictJson } from '../../../src/http/strict-json.ts';
import { createInFlight } from '../../../src/kernel/in-flight.ts';
import { scanJson, scanJsonInTurns } from '../../../src/kernel/json-scan.ts';

const text = fc.string({ unit: 'binary' }).filter((each) => each.isWellFormed());
const bytesOf = (value: string) => new Uint8Array(Buffer.from(value));

describe('the operation of a body', () => {
  it('is what JSON.parse finds, whatever stands around it', async () => {
    const bodies = fc.record(
      {
        query: text,
        operationName: fc.oneof(text, fc.constant(null)),
        variables: fc.dictionary(text, fc.jsonValue()),
        extensions: fc.jsonValue(),
      },
      { requiredKeys: ['query'] },
    );
    await fc.assert(
      fc.asyncProperty(bodies, fc.constantFrom(0, 1, '\t'), async (body, space) => {
        const found = await operationIn(bytesOf(JSON.stringify(body, null, space)), 10_000);
        expect(found).toEqual({ query: body.query, operationName: body.operationName ?? null });
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['escapes in the name of the member', '{"\\u0071uery":"{ a }"}', '{ a }'],
    ['a list', '[{"query":"{ a }"}]', null],
    ['no query', '{"variables":{"query":"{ a }"}}', null],
    ['a query that is no text', '{"query":{"query":"{ a }"}}', null],
    ['a query longer than any may be', `{"query":"${'a'.repeat(70_000)}"}`, null],
    ['a text that does not end', '{"query":"{ a }', null],
    ['nothing', '', null],
    ['quotes and brackets in strings', '{"variables":{"a":"}\\"]{","b":["}"]},"query":"{ a }"}', '{ a }'],
  ])('%s', async (_what, body, query) => {
    expect((await operationIn(bytesOf(body), 10_000))?.query ?? null).toBe(query);
  });

  it('any bytes end the walk', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const found = await operationIn(Uint8Array.from([...Buffer.from('{"query":'), ...bytes]), 100);
        expect(found === null || typeof found.query === 'string').toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('JSON a piece at a time', () => {
  const pieces = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '"a"',
    '\\',
    '\\u00',
    '41',
    '\\ud83d',
    '1',
    ' ',
    'é',
    '\n',
    'null',
  );
  const valid = fc.jsonValue().map((value) => JSON.stringify(value, null, 1));
  const broken = fc.array(pieces, { maxLength: 30 }).map((each) => each.join(''));
  const quoted = fc.array(pieces, { maxLength: 20 }).map((each) => `["${each.join('')}"]`);

  it('is judged as it is in one go, wherever the turns fall', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(valid, broken, quoted), fc.integer({ min: 1, max: 7 }), async (json, length) => {
        let turns = 0;
        const turn = async (): Promise<void> => {
          turns += 1;
        };
        const found = await scanJsonInTurns(json, 8, 1_000, turn, length);
        expect(found).toEqual(scanJson(json, 8, 1_000));
        if (found === null && json.length > 20 * length) expect(turns).toBeGreaterThan(0);
      }),
      { numRuns: 3_000 },
    );
  });

  it('is parsed as in one go, characters of several bytes across pieces too', async () => {
    const limits = { jsonDepth: 8, jsonItems: 100 };
    for (const filler of ['€', '😀', 'a', '\\u20ac']) {
      const json = `{"a":"x${filler.repeat(400_000)}"}`;
      expect(await parseLongJson(bytesOf(json), limits)).toEqual(parseStrictJson(json, limits));
    }
    await expect(parseLongJson(Uint8Array.from([0x22, 0xff, 0x22]), limits)).rejects.toThrow('UTF-8');
  });
});

describe('bytes in flight', () => {
  it('are never more than allowed, by token and in all, and all come back', () => {
    const steps = fc.array(
      fc.record({ request: fc.nat(5), add: fc.option(fc.integer({ min: 1, max: 60 }), { freq: 4 }) }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(steps, (taken) => {
        const inFlight = createInFlight({ noun: 'x', perPrincipal: 100, inAll: 200, settings: ['A', 'B'] });
        const make = () =>
          Array.from({ length: 6 }, (_, i) => ({ hold: inFlight.hold(`p${i % 3}`), bytes: 0, over: false }));
        const requests = make();
        for (const { request, add } of taken) {
          const each = requests[request];
          if (!each || each.over) continue;
          const others = requests.filter((_, i) => i % 3 === request % 3);
          const own = others.reduce((sum, { bytes }) => sum + bytes, 0);
          const all = requests.reduce((sum, { bytes }) => sum + bytes, 0);
          if (add === null) {
            each.hold.release();
            Object.assign(each, { bytes: 0, over: true });
            continue;
          }
          const expected = own + add > 100 ? 'RATE_LIMITED' : all + add > 200 ? 'UNAVAILABLE' : null;
          let code = null;
          try {
            each.hold.add(add);
            each.bytes += add;
          } catch (error) {
            ({ code } = error as { code: null });
          }
          expect(code).toBe(expected);
        }
        for (const { hold } of requests) hold.release();
        for (const each of make().slice(0, 2)) expect(() => each.hold.add(100)).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });

  it('the last quarter is kept for small requests', () => {
    const inFlight = createInFlight({ noun: 'x', perPrincipal: 10_000_000, inAll: 400_000, settings: ['A', 'B'] });
    inFlight.hold('a').add(300_000);
    expect(() => inFlight.hold('b').add(70_000)).toThrow('exceed');
    expect(() => inFlight.hold('b').add(60_000)).not.toThrow();
  });
});
