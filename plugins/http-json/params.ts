import { z } from 'zod';

/** Keys are declared ahead, so a document's fields are mapped to these. */
export const SLOTS = Array.from({ length: 20 }, (_, i) => `VALUE_${i + 1}`);

export const params = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .max(2048)
    .refine((text) => new URL(text).username + new URL(text).password === '', 'must hold no credentials'),
  /** JSON pointers (RFC 6901) into the document; the first is VALUE_1. */
  pointers: z
    .array(
      z
        .string()
        .regex(/^(\/([^~]|~[01])*)?$/, 'must be a JSON pointer')
        .max(500),
    )
    .max(SLOTS.length)
    .default([]),
  authorization: z
    .string()
    .min(1)
    .max(4096)
    .regex(/^[\x20-\x7e]+$/, 'must be printable')
    .meta({ sensitive: true })
    .optional(),
});
export type Params = z.output<typeof params>;
