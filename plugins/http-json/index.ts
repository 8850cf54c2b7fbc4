import { z } from 'zod';
import { definePlugin, type PluginHost } from '#plugin';
import { documentOf } from './client.ts';
import { type Params, params, SLOTS } from './params.ts';

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

async function valuesOf(it: Params, host: PluginHost): Promise<ReadonlyMap<string, string>> {
  const document = await documentOf(it, host);
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
  start: (_options, host) => ({
    values: ({ params: it }) => valuesOf(it, host),
    check: async ({ params: it }) => void (await documentOf(it, host)),
  }),
});
