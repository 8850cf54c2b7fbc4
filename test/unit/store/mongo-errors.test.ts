import { type BulkWriteResult, MongoBulkWriteError, MongoNetworkError, MongoServerError } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { isPassing, isRefusal } from '../../../src/store/mongo/errors.ts';

const bulk = (error: Error): Error => new MongoBulkWriteError(error, {} as BulkWriteResult);

describe('errors of the MongoDB driver', () => {
  it.each([
    ['a connection that was closed', () => new MongoNetworkError('closed')],
    ['a server that shuts down', () => new MongoServerError({ message: 'shutdown', code: 11_600 })],
  ])('%s passes, also where the driver wraps it as an error of a bulk write', (_name, make) => {
    for (const error of [make(), bulk(make())]) expect([isPassing(error), isRefusal(error)]).toEqual([true, false]);
  });

  it.each([
    ['a document that is too large', () => new MongoServerError({ message: 'too large', code: 10_334 })],
    ['a bulk write of one', () => bulk(new MongoServerError({ message: 'too large', code: 10_334 }))],
  ])('%s is refused, and not tried again as it is', (_name, make) => {
    expect([isPassing(make()), isRefusal(make())]).toEqual([false, true]);
  });

  it('an error of ours is neither', () => {
    expect([isPassing(new Error('ours')), isRefusal(new Error('ours'))]).toEqual([false, false]);
  });
});
