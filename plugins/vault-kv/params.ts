import { z } from 'zod';
import { percentEncoded } from '#plugin';

export const SLOTS = Array.from({ length: 20 }, (_, i) => `VALUE_${i + 1}`);

/** Any text that Vault takes between slashes; one slash at the beginning does not count. */
const segmentsOf = (text: string): readonly string[] => text.replace(/^\//, '').split('/');
const isSegment = (part: string): boolean => part !== '' && part !== '.' && part !== '..' && !/\p{Cc}/u.test(part);
const path = z
  .string()
  .max(500)
  .refine(
    (text) => text.isWellFormed() && segmentsOf(text).every(isSegment),
    'must have no empty, `.` or `..` segment',
  );

/** Segment by segment, so that nothing in one is read as something else. */
export const encodedPath = (text: string): string => segmentsOf(text).map(percentEncoded).join('/');

/** It goes into a header, as it is. */
const namespace = path.regex(/^[\x21-\x7e]+$/, 'must be printable');

export const params = z.strictObject({
  /** Such as https://vault.example.com:8200. */
  address: z.url({ protocol: /^https?$/ }).max(2048),
  mount: path.default('secret'),
  path,
  /** Names of fields of the secret; the first is VALUE_1. */
  fields: z.array(z.string().min(1).max(256)).max(SLOTS.length).default([]),
  namespace: namespace.optional(),
  token: z
    .string()
    .min(1)
    .max(4096)
    .regex(/^[\x21-\x7e]+$/, 'must be printable')
    .meta({ sensitive: true }),
});
export type Params = z.output<typeof params>;
