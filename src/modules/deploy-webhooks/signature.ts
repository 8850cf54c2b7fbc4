import { createHmac, randomBytes } from 'node:crypto';
import type { SigningSecret, WebhookBody } from '../restarts/model.ts';

/** 256 bits, under a prefix that scanners can look for. */
export const newSigningSecret = (): string => `klmwh_${randomBytes(32).toString('base64url')}`;

/** The secrets that sign at a time: the present one, and an earlier one until its end. */
export const validSecrets = ({ secrets }: WebhookBody, at: string): readonly SigningSecret[] =>
  secrets.filter(({ until }) => until === null || until > at);

/** `t=<unix seconds>,v1=<hex HMAC-SHA-256 of "t.body">`, with a `v1` for each secret: any of them will do for the receiver. */
export function signatureOf(body: string, at: Date, secrets: readonly { readonly text: string }[]): string {
  const t = Math.floor(at.getTime() / 1000);
  const signed = secrets.map(({ text }) => `v1=${createHmac('sha256', text).update(`${t}.${body}`).digest('hex')}`);
  return [`t=${t}`, ...signed].join(',');
}
