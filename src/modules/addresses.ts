import { invalidInput } from '../kernel/errors.ts';

/** Whether the operator lets a URL be asked at all; the address that its name leads to is checked when it is connected to. */
export type MayAsk = (url: URL) => boolean;

/** The one rule for URLs that people give, to be asked later: refused when they are given. `path`: the field it stands in. */
export function requireAskable(url: string, path: readonly string[], mayAsk: MayAsk): void {
  if (mayAsk(new URL(url))) return;
  const message = 'must be https at a public address, unless KEYLOOM_ALLOWED_HOSTS allows its host and port';
  throw invalidInput([{ path: [...path], rule: 'host', message }]);
}
