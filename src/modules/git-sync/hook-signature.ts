import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** Headers of a delivery, names in lower case. */
export type HookHeaders = Readonly<Record<string, string | undefined>>;

/** Seconds that a signed time may lie away from now. */
const WINDOW = 300;
const PREFIX = 'whsec_';

/** Equal or not, in a time that does not tell where they differ. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

const hmac = (key: string | Uint8Array, ...parts: readonly (string | Uint8Array)[]) => {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  return mac;
};

type Check = (header: string, body: Uint8Array, secret: string, now: number, headers: HookHeaders) => boolean;

const isRecent = (seconds: string | undefined, now: number): boolean =>
  /^\d{1,12}$/.test(seconds ?? '') && Math.abs(now / 1000 - Number(seconds)) <= WINDOW;

/** `sha256=<hex>` of the body: GitHub, Bitbucket, Gitea. */
const hub: Check = (header, body, secret) => isSame(header, `sha256=${hmac(secret, body).digest('hex')}`);

/** `t=<seconds>,v1=<hex>` of `<seconds>.<body>`. */
const own: Check = (header, body, secret, now) => {
  const [, seconds = '', given = ''] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header) ?? [];
  return isSame(given, hmac(secret, `${seconds}.`, body).digest('hex')) && isRecent(seconds, now);
};

/** Standard Webhooks, as GitLab signs: `v1,<base64>` of `<id>.<seconds>.<body>`, perhaps several, under the bytes behind the prefix. */
const standard: Check = (header, body, secret, now, headers) => {
  const seconds = headers['webhook-timestamp'];
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
  const expected = `v1,${hmac(key, `${headers['webhook-id'] ?? ''}.${seconds ?? ''}.`, body).digest('base64')}`;
  // All of them are compared, so that time tells nothing.
  const fitting = header.split(' ', 10).filter((given) => isSame(given, expected));
  return fitting.length > 0 && isRecent(seconds, now);
};

const password: Check = (header, _body, secret) => {
  const [, credentials = ''] = /^basic ([A-Za-z0-9+/=]{1,8192})$/i.exec(header) ?? [];
  const text = Buffer.from(credentials, 'base64').toString('utf8');
  return isSame(text.slice(text.indexOf(':') + 1), secret);
};

/** How hosts prove that they know the secret. Each that is there must prove it. */
const CHECKS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['x-keyloom-signature', own],
  ['x-hub-signature-256', hub],
  ['x-hub-signature', hub],
  ['webhook-signature', standard],
  ['x-gitlab-token', (header, _body, secret) => isSame(header, secret)],
  ['authorization', password],
]);

/** GitHub sends a second signature of an older sort next to the one that counts. */
const isOutdated = (name: string, header: string, headers: HookHeaders): boolean =>
  name === 'x-hub-signature' && header.startsWith('sha1=') && headers['x-hub-signature-256'] !== undefined;

/** Whether a delivery comes from somebody who knows the secret. `now` in milliseconds. */
export function isSigned(headers: HookHeaders, body: Uint8Array, secret: string, now: number): boolean {
  const present = [...CHECKS].flatMap(([name, check]) => {
    const header = headers[name];
    return header === undefined || isOutdated(name, header, headers) ? [] : [check(header, body, secret, now, headers)];
  });
  return present.length > 0 && present.every(Boolean);
}

const IDS = ['x-github-delivery', 'x-gitlab-event-uuid', 'webhook-id', 'x-request-uuid', 'x-request-id'] as const;

/** What the host calls this delivery, or else the delivery itself. */
export function deliveryOf(headers: HookHeaders, body: Uint8Array): string {
  const name = IDS.find((id) => headers[id] !== undefined);
  const hash = createHash('sha256').update(name ? `${name} ${headers[name]}` : (headers['x-keyloom-signature'] ?? ''));
  return hash.update(name ? '' : body).digest('base64');
}
