import { createHash } from 'node:crypto';
import { checkFailed, type PluginHost } from '#plugin';
import { within } from '#plugin/attempt';
import { adminOf, newPassword } from '#plugin/server';
import { type Ask, codeOf, ping, session } from './client.ts';
import type { Params } from './params.ts';

/** As Redis keeps passwords: so neither MONITOR nor the slow log get to see one. */
const hashOf = (password: string): string => createHash('sha256').update(password).digest('hex');

interface User {
  readonly flags: readonly string[];
  /** SHA-256, in hex. */
  readonly passwords: readonly string[];
}

const textsIn = (found: unknown): readonly string[] => (Array.isArray(found) ? found.map(String) : []);

/** null: there is no such user. */
async function userOf(ask: Ask, username: string): Promise<User | null> {
  const answer = await ask('ACL', 'GETUSER', username);
  if (!Array.isArray(answer)) return null;
  const part = (name: string) => textsIn(answer[answer.indexOf(name) + 1]);
  return { flags: part('flags'), passwords: part('passwords') };
}

/** Where the server has a file that it begins with, users are written there: else a restart would forget what was changed. */
async function persist(ask: Ask): Promise<void> {
  const [, aclFile] = textsIn(await ask('CONFIG', 'GET', 'aclfile'));
  if (aclFile) return void (await ask('ACL', 'SAVE'));
  const hasFile = /^config_file:./m.test(String(await ask('INFO', 'server')));
  if (hasFile) await ask('CONFIG', 'REWRITE');
}

/** A user has any number of passwords at once. Answers once the new one is kept and somebody logged in with it. */
export const rotate = (it: Params, host: PluginHost): Promise<Params> =>
  within(host.signal, codeOf, async (signal) => {
    // A server that asks for no password would ask for one from now on.
    if (it.password === undefined) throw checkFailed('UNSUPPORTED');
    const reach = { addressOf: host.addressOf, signal };
    const next = { ...it, password: newPassword() };
    await session(it, adminOf(it) ?? it, reach, async (ask) => {
      const user = await userOf(ask, it.username);
      // Whoever needs no password would need one from now on.
      if (!user || user.flags.includes('nopass')) throw checkFailed('UNSUPPORTED');
      await ask('ACL', 'SETUSER', it.username, `#${hashOf(next.password)}`);
      try {
        await persist(ask);
        await session(next, next, reach, ping);
      } catch {
        await ask('ACL', 'SETUSER', it.username, `!${hashOf(next.password)}`);
        throw checkFailed('FAILED');
      }
    });
    return next;
  });

export const retire = (params: Params, old: Params, host: PluginHost): Promise<void> =>
  within(host.signal, codeOf, async (signal) => {
    const isSamePlace = old.host === params.host && old.port === params.port;
    if (old.password === undefined) return;
    if (isSamePlace && old.username === params.username && old.password === params.password) return;
    const known = hashOf(old.password);
    // Another user has passwords of its own: the old one removes itself.
    const it = isSamePlace && old.username === params.username ? params : old;
    await session(it, adminOf(it) ?? it, { addressOf: host.addressOf, signal }, async (ask) => {
      const user = await userOf(ask, old.username);
      if (!user?.passwords.includes(known)) return;
      await ask('ACL', 'SETUSER', old.username, `!${known}`);
      await persist(ask);
    });
  });
