import { mkdir, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { unavailable } from '../kernel/errors.ts';
import type { Config } from './config.ts';

/** Where a person reads what is printed, and nobody else. Rejects when it cannot be written to. */
export type Terminal = (line: string) => Promise<void>;

const HOURS_OF_A_FOUNDER = 24;

/** How the first owner gets the token. */
export interface Handover {
  /** Milliseconds until it ends; null: never. */
  readonly lifetimeMs: number | null;
  /** Rejects when it cannot be handed over: then nothing is to be written. */
  hand(text: string): Promise<void>;
  /** The token came to nothing: what was handed over is taken back as far as can be. */
  takeBack(): Promise<void>;
}

type HandoverConfig = Pick<Config, 'development' | 'dataDirectory' | 'ownerTokenFile' | 'team'>;

const fileOf = ({ development, dataDirectory, ownerTokenFile }: HandoverConfig): string | null =>
  ownerTokenFile ?? (development ? `${dataDirectory}/owner.token` : null);

/**
 * Decides before anything is written. Development hands over a file and, later, the terminal; production a file that the operator
 * names, or else the terminal. A token does not belong into a log, so without either the start is refused.
 */
export function handoverFor(config: HandoverConfig, terminal: Terminal | null): Handover {
  const lifetimeMs = config.development ? null : HOURS_OF_A_FOUNDER * 3_600_000;
  const file = fileOf(config);
  if (file !== null) return { lifetimeMs, hand: (text) => newFile(file, text), takeBack: () => removed(file) };
  if (terminal === null) {
    throw unavailable(
      'The first start makes an owner token, and there is no terminal to print it to: set KEYLOOM_OWNER_TOKEN_FILE to a new file for it; `keyloom owner-token --file FILE` makes another later',
    );
  }
  return {
    lifetimeMs,
    hand: (text) =>
      terminal(
        `Owner token of the team ${config.team}, shown this once, good for ${HOURS_OF_A_FOUNDER} hours once Keyloom listens: ${text}`,
      ),
    takeBack: async () => {},
  };
}

/** The token of the first owner has ended: its file holds nothing any more. */
export async function dropOwnerTokenFile(config: HandoverConfig): Promise<void> {
  const file = fileOf(config);
  if (file !== null) await removed(file);
}

const removed = (file: string): Promise<void> => unlink(file).catch(() => {});

const cannotMake =
  (file: string, hint: string) =>
  ({ code = 'unknown' }: NodeJS.ErrnoException): never => {
    throw unavailable(`The owner token's file ${file} cannot be made (${code})${hint}`);
  };

/** A new file that its owner alone may read, on the disk when this resolves. Follows no link, and takes no file that is there. */
async function newFile(file: string, text: string): Promise<void> {
  const folder = dirname(file);
  await mkdir(folder, { recursive: true }).catch(cannotMake(file, ''));
  const hint = ': if it is there already, remove it, since the team is not founded yet';
  const handle = await open(file, 'wx', 0o600).catch(cannotMake(file, hint));
  try {
    await handle.writeFile(`${text}\n`);
    await handle.sync();
  } catch (error) {
    await removed(file);
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw unavailable(`The owner token's file ${file} cannot be written (${code})`);
  } finally {
    await handle.close();
  }
  await syncFolder(folder);
}

/** Where folders can be synced: else the name of a new file may be lost with the power. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => null);
  await handle?.sync().catch(() => {});
  await handle?.close();
}
