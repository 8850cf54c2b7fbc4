import { GraphQLError } from 'graphql';
import { describe, expect, it } from 'vitest';
import { createMask, describeFault, statusOf } from '../../../src/graphql/engine/mask-error.ts';
import { AppError, conflict } from '../../../src/kernel/errors.ts';
import { collectingLog } from '../../support/http-app.ts';

describe('createMask', () => {
  it.each([
    ['a plain error', new Error('hunter2')],
    ['a located one', new GraphQLError('hunter2', { originalError: new TypeError('hunter2'), path: ['a'] })],
    ['an error of graphql itself', new GraphQLError('Enum "Colour" cannot represent value: "hunter2"')],
    ['a text', 'hunter2'],
    ['nothing', undefined],
    ['an error with a foreign code', Object.assign(new Error('hunter2'), { name: 'AppError', code: 'E11000 hunter2' })],
    ['an error named after a value', Object.assign(new Error('x'), { name: 'hunter2 !', stack: 'hunter2 !: x' })],
    ['a message that looks like frames', new Error('boo\n    at hunter2 (hunter2:1:1)')],
    ['an integrity failure', new AppError('INTEGRITY', 'Stored data failed', { cause: new Error('hunter2') })],
  ])('case 201: %s is masked, and logged without its message', (_what, error) => {
    const { log, lines } = collectingLog();
    const masked = createMask(log, 5).one(error, 'request-1');
    expect(masked.extensions.requestId).toBe('request-1');
    expect(statusOf(masked)).toBe(500);
    expect(lines).toHaveLength(1);
    expect(lines[0]?.fields).toMatchObject({ requestId: 'request-1' });
    expect(JSON.stringify([masked, lines])).not.toMatch(/hunter2/);
  });

  it('passes on what is meant for clients, with its details', () => {
    const { log, lines } = collectingLog();
    const thrown = conflict('TAKEN', 'Taken', { currentRevision: 3 });
    const masked = createMask(log, 5).one(new GraphQLError('Taken', { originalError: thrown, path: ['a', 0] }), 'r');
    expect(masked).toEqual({
      message: 'Taken',
      path: ['a', 0],
      extensions: { code: 'CONFLICT', requestId: 'r', reason: 'TAKEN', currentRevision: 3 },
    });
    expect(statusOf(masked)).toBe(409);
    expect(lines).toEqual([]);
  });

  it('answers with five errors at most', () => {
    const { log } = collectingLog();
    expect(
      createMask(log, 5).all(
        Array.from({ length: 9 }, () => new Error('x')),
        'r',
      ),
    ).toHaveLength(5);
  });

  it('keeps stack frames, the name and the system code', () => {
    const fault = describeFault(Object.assign(new Error('hunter2'), { code: 'ECONNREFUSED' }));
    expect(fault.error).toBe('Error ECONNREFUSED');
    expect(fault.stack).toMatch(/^at .*mask-error\.test\.ts/);
  });
});
