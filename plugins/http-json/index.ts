import { z } from 'zod';
import { definePlugin, type PluginHost } from '#plugin';
import { type JsonText, textOf } from '#plugin/json';
import { documentOf } from './client.ts';
import { type Params, params, SLOTS } from './params.ts';

const NUMBER = /^(?:0|[1-9]\d{0,6})$/;

/** What a pointer leads to; undefined when it leads nowhere. */
function at(document: JsonText, pointer: string): JsonText | undefined {
  const steps = pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  return steps.reduce<JsonText | undefined>((value, step) => {
    if (value?.kind === 'list') return NUMBER.test(step) ? value.items[Number(step)] : undefined;
    // What is given twice leads nowhere certain.
    return value?.kind === 'bad' ? value : value?.members.get(step);
  }, document);
}

async function valuesOf(it: Params, host: PluginHost): Promise<ReadonlyMap<string, string | null>> {
  const document = await documentOf(it, host);
  const values = new Map([['DOCUMENT', document.isBad ? null : document.source]]);
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
