import { z } from 'zod';

export const SLOTS = Array.from({ length: 20 }, (_, i) => `VALUE_${i + 1}`);
const path = z
  .string()
  .regex(/^[a-zA-Z0-9_.-]+(\/[a-zA-Z0-9_.-]+)*$/, 'must be a path without a leading slash')
  .max(500)
  .refine((text) => text.split('/').every((part) => part !== '.' && part !== '..'), 'must not climb');

export const params = z.strictObject({
  /** Such as https://vault.example.com:8200. */
  address: z.url({ protocol: /^https?$/ }).max(2048),
  mount: path.default('secret'),
  path,
  /** Names of fields of the secret; the first is VALUE_1. */
  fields: z.array(z.string().min(1).max(256)).max(SLOTS.length).default([]),
  namespace: path.optional(),
  token: z
    .string()
    .min(1)
    .max(4096)
    .regex(/^[\x21-\x7e]+$/, 'must be printable')
    .meta({ sensitive: true }),
});
export type Params = z.output<typeof params>;
