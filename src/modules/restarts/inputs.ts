import { z } from 'zod';
import { idempotencyKeyRule, platformIdRule, revisionRule, slugRule, valueRule } from '../../input/rules.ts';

const whole = (least: number, most: number) =>
  z
    .int()
    .min(least, { error: `must be at least ${least}` })
    .max(most, { error: `must be at most ${most}` });

/** One line or several, for people. */
const reasonRule = valueRule
  .refine((text) => text.length <= 200, { error: 'must have at most 200 characters', params: { rule: 'max' } })
  .nullish()
  .transform((text) => (text ? text : null));

const DAY = 86_400;

const wavesRule = z
  .strictObject({
    size: whole(1, 10_000),
    pauseSeconds: whole(0, DAY)
      .nullish()
      .transform((seconds) => seconds ?? 0),
    waitForAcknowledgement: z
      .boolean()
      .nullish()
      .transform((wait) => wait === true),
    timeoutSeconds: whole(1, DAY)
      .nullish()
      .transform((seconds) => seconds ?? 600),
    onTimeout: z
      .enum(['cancel', 'continue'])
      .nullish()
      .transform((action) => action ?? 'cancel'),
  })
  .nullish()
  .transform((waves) => waves ?? null);

const seqRule = whole(1, Number.MAX_SAFE_INTEGER);

export const restartInput = z.strictObject({
  onlyChangedSince: seqRule.nullish().transform((seq) => seq ?? null),
  waves: wavesRule,
  reason: reasonRule,
  idempotencyKey: idempotencyKeyRule,
});

const workloadRule = z.strictObject({ kind: z.enum(['service', 'job']), id: platformIdRule });

export const acknowledgeInput = z.strictObject({
  project: slugRule,
  workload: workloadRule,
  scope: z
    .enum(['RUNTIME', 'BUILD'])
    .nullish()
    .transform((scope) => scope ?? 'RUNTIME'),
  seq: seqRule,
  digest: z
    .string()
    .regex(/^[A-Za-z0-9_-]{43}$/, {
      error: 'must be a digest as `environment` gives it: 43 letters, digits, hyphens and underscores',
    })
    .nullish()
    .transform((digest) => digest ?? null),
});

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
  overlapSeconds: whole(0, 30 * DAY)
    .nullish()
    .transform((seconds) => seconds ?? DAY),
  expectedRevision: revisionRule,
});
export const deleteWebhookInput = z.strictObject({ expectedRevision: revisionRule });
export const emptyInput = z.strictObject({});

export type RestartInput = z.output<typeof restartInput>;
export type Waves = NonNullable<RestartInput['waves']>;
export type AcknowledgeInput = z.output<typeof acknowledgeInput>;
export type PutWebhookInput = z.output<typeof putWebhookInput>;
export type RotateSecretInput = z.output<typeof rotateSecretInput>;
