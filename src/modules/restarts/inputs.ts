import { z } from 'zod';
import { idempotencyKeyRule, slugRule, valueRule, wholeRule } from '../../input/rules.ts';
import { workloadRefRule } from '../workloads/ref.ts';

/** One line or several, for people. */
const reasonRule = valueRule
  .refine((text) => text.length <= 200, { error: 'must have at most 200 characters', params: { rule: 'max' } })
  .nullish()
  .transform((text) => (text ? text : null));

const DAY = 86_400;

const wavesRule = z
  .strictObject({
    size: wholeRule(1, 10_000),
    pauseSeconds: wholeRule(0, DAY)
      .nullish()
      .transform((seconds) => seconds ?? 0),
    waitForAcknowledgement: z
      .boolean()
      .nullish()
      .transform((wait) => wait === true),
    timeoutSeconds: wholeRule(1, DAY)
      .nullish()
      .transform((seconds) => seconds ?? 600),
    onTimeout: z
      .enum(['cancel', 'continue'])
      .nullish()
      .transform((action) => action ?? 'cancel'),
  })
  .nullish()
  .transform((waves) => waves ?? null);

const seqRule = wholeRule(1, Number.MAX_SAFE_INTEGER);

export const restartInput = z.strictObject({
  onlyChangedSince: seqRule.nullish().transform((seq) => seq ?? null),
  waves: wavesRule,
  reason: reasonRule,
  idempotencyKey: idempotencyKeyRule,
});

export const acknowledgeInput = z.strictObject({
  project: slugRule,
  workload: workloadRefRule,
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

export const emptyInput = z.strictObject({});

export type RestartInput = z.output<typeof restartInput>;
export type Waves = NonNullable<RestartInput['waves']>;
export type AcknowledgeInput = z.output<typeof acknowledgeInput>;
