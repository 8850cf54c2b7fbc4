import { MongoClient, type MongoClientOptions } from 'mongodb';
import { isAppError, unavailable } from '../../kernel/errors.ts';
import { mapped } from './errors.ts';

const OPTIONS: MongoClientOptions = {
  readConcern: { level: 'majority' },
  writeConcern: { w: 'majority' },
  readPreference: 'primary',
  retryReads: true,
  retryWrites: true,
  // A database that hangs must not hang requests.
  socketTimeoutMS: 30_000,
};
const PATIENT_MS = 5_000;

/** Refuses what would weaken the store's promises instead of overriding it behind the operator's back. */
function refuseWeak(asked: MongoClient): void {
  const { writeConcern, readPreference, readConcern } = asked.options;
  const { w, journal } = writeConcern ?? {};
  if (w !== undefined && w !== 'majority') {
    throw unavailable('MONGODB_URL asks for a write concern other than majority; leave `w` out');
  }
  if (journal === false) throw unavailable('MONGODB_URL asks for writes without journal; leave `journal` out');
  if (readPreference && readPreference.mode !== 'primary') {
    throw unavailable('MONGODB_URL asks for reads from secondaries; leave `readPreference` out');
  }
  if (readConcern && readConcern.level !== 'majority') {
    throw unavailable('MONGODB_URL asks for a read concern other than majority; leave `readConcernLevel` out');
  }
}

function clientFor(url: string): MongoClient {
  try {
    // Only parsed: nothing is connected before the first command.
    refuseWeak(new MongoClient(url));
    const patience = /serverSelectionTimeoutMS=/i.test(url) ? {} : { serverSelectionTimeoutMS: PATIENT_MS };
    return new MongoClient(url, { ...OPTIONS, ...patience });
  } catch (error) {
    if (isAppError(error)) throw error;
    // The driver's words may quote the string, and with it a password.
    throw unavailable('MONGODB_URL is not a connection string that the MongoDB driver accepts');
  }
}

/** A connected client. UNAVAILABLE when the server is not there, is no replica set, or the string asks for weak guarantees. */
export async function connect(url: string): Promise<MongoClient> {
  const client = clientFor(url);
  try {
    const hello = await client.db('admin').command({ hello: 1 });
    if (typeof hello.setName !== 'string' && hello.msg !== 'isdbgrid') {
      throw unavailable(
        'The MongoDB server is not a member of a replica set, so it has neither transactions nor change streams; make it one (one member is enough)',
      );
    }
    return client;
  } catch (error) {
    await client.close();
    throw mapped(error);
  }
}
