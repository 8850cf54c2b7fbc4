import { z } from 'zod';
import { definePlugin, type PluginHost } from '#plugin';

/** Keys are declared ahead, so a document's fields are mapped to these. */
const SLOTS = Array.from({ length: 20 }, (_, i) => `VALUE_${i + 1}`);

const params = z.strictObject({
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
type Params = z.output<typeof params>;

/** What a pointer leads to; undefined when it leads nowhere. */
function at(document: unknown, pointer: string): unknown {
  const steps = pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  return steps.reduce<unknown>((value, step) => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    return (value as Readonly<Record<string, unknown>>)[step];
  }, document);
}

/** Texts as they are, all else as JSON. */
const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

async function valuesOf(it: Params, fetch: PluginHost['fetch']): Promise<ReadonlyMap<string, string>> {
  const headers = { accept: 'application/json', ...(it.authorization ? { authorization: it.authorization } : {}) };
  const response = await fetch(it.url, { headers });
  if (response.status !== 200) throw new Error(`The document was answered with ${response.status}`);
  const document: unknown = await response.json();
  const values = new Map([['DOCUMENT', JSON.stringify(document)]]);
  it.pointers.forEach((pointer, i) => {
    const found = at(document, pointer);
    if (found !== undefined) values.set(`VALUE_${i + 1}`, textOf(found));
  });
  return values;
}

export default definePlugin({
  api: 1,
  id: 'http-json',
  kind: 'external-addon',
  title: 'JSON document over HTTPS',
  options: z.strictObject({}),
  params,
  keys: [
    { name: 'DOCUMENT', title: 'Document', description: 'All of it, as compact JSON.', sensitive: true },
    ...SLOTS.map((name, i) => ({
      name,
      title: `Value ${i + 1}`,
      description: `What the pointer number ${i + 1} leads to.`,
      sensitive: true,
    })),
  ],
  start: (_options, { fetch }) => ({ values: ({ params: it }) => valuesOf(it, fetch) }),
});
