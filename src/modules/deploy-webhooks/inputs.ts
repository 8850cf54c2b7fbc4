import { z } from 'zod';
import { revisionRule, slugRule, wholeRule } from '../../input/rules.ts';

const DAY = 86_400;

/** As `URL` reads it: no credentials, no fragment, http or https. Whether it may be asked at all is for `requireAskable` to say. */
const urlRule = z.string().superRefine((text, ctx) => {
  const refuse = (rule: string, message: string) => ctx.addIssue({ code: 'custom', params: { rule }, message });
  if (text.length > 2048) return refuse('max', 'must have at most 2,048 characters');
  // Space, controls and line breaks would be dropped or moved by the parser.
  if (!/^[\x21-\x7e]+$/.test(text) || !URL.canParse(text))
    return refuse('url', 'must be a URL in ASCII, such as https://deploy.example.com/hook');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return refuse('url', 'must be an https URL');
  if (url.username !== '' || url.password !== '') refuse('credentials', 'must not contain credentials');
  if (url.hash !== '') refuse('url', 'must not have a fragment');
});

const secretRule = z
  .string()
  .regex(/^[\x21-\x7e]{24,200}$/, { error: 'must be 24 to 200 printable ASCII characters without spaces' })
  .nullish()
  .transform((text) => text ?? null);

export const putWebhookInput = z.strictObject({
  project: slugRule,
  url: urlRule,
  isEnabled: z
    .boolean()
    .nullish()
    .transform((enabled) => enabled !== false),
  secret: secretRule,
  expectedRevision: revisionRule,
});
export const rotateSecretInput = z.strictObject({
  secret: secretRule,
  overlapSeconds: wholeRule(0, 30 * DAY)
    .nullish()
    .transform((seconds) => seconds ?? DAY),
  expectedRevision: revisionRule,
});
export const deleteWebhookInput = z.strictObject({ expectedRevision: revisionRule });

export type PutWebhookInput = z.output<typeof putWebhookInput>;
export type RotateSecretInput = z.output<typeof rotateSecretInput>;
