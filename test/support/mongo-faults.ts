import type { MongoClient } from 'mongodb';

/** What a server may do to a command: fail it with a code, with labels of its own, or hang up. */
export interface MongoFault {
  readonly name: string;
  readonly errorCode?: number;
  readonly errorLabels?: readonly string[];
  readonly closeConnection?: boolean;
}

export const MONGO_FAULTS: readonly MongoFault[] = [
  { name: 'NotWritablePrimary', errorCode: 10_107 },
  { name: 'InterruptedAtShutdown', errorCode: 11_600 },
  { name: 'a closed connection', closeConnection: true },
  { name: 'TransientTransactionError', errorCode: 112, errorLabels: ['TransientTransactionError'] },
  { name: 'UnknownTransactionCommitResult', errorCode: 64, errorLabels: ['UnknownTransactionCommitResult'] },
];

/** Every command that a commit consists of. */
export const COMMIT_COMMANDS = ['find', 'insert', 'update', 'delete', 'commitTransaction'] as const;

export type FailMode = { readonly times: number } | { readonly skip: number } | 'alwaysOn';

/** Runs `work` while the server does `fault` to `commands` of any client; it works as before afterwards. */
export async function withFailPoint<T>(
  admin: MongoClient,
  { errorCode, errorLabels, closeConnection }: MongoFault,
  commands: readonly string[],
  mode: FailMode,
  work: () => Promise<T>,
): Promise<T> {
  const set = (how: FailMode | 'off', data?: object) =>
    admin.db('admin').command({ configureFailPoint: 'failCommand', mode: how, ...(data && { data }) });
  await set(mode, {
    failCommands: commands,
    ...(errorCode !== undefined && { errorCode }),
    ...(errorLabels && { errorLabels }),
    ...(closeConnection && { closeConnection }),
  });
  try {
    return await work();
  } finally {
    await set('off');
  }
}
