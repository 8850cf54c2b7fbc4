import { z } from 'zod';
import { definePlugin, type PluginHost } from '#plugin';
import { textOf } from '#plugin/json';
import { secretOf } from './client.ts';
import { type Params, params, SLOTS } from './params.ts';

async function valuesOf(it: Params, host: PluginHost): Promise<ReadonlyMap<string, string | null>> {
  const { data, version } = await secretOf(it, host);
  const values = new Map([
    ['DATA', data.isBad ? null : data.source],
    ['VERSION', version],
  ]);
  it.fields.forEach((field, i) => {
    const found = data.members.get(field);
    if (found !== undefined) values.set(`VALUE_${i + 1}`, textOf(found));
  });
  return values;
}

export default definePlugin({
  api: 1,
  id: 'vault-kv',
  kind: 'external-addon',
  title: 'Vault or OpenBao KV version 2',
  options: z.strictObject({}),
  params,
  keys: [
    { name: 'DATA', title: 'Data', description: 'All fields of the secret, as compact JSON.', sensitive: true },
    { name: 'VERSION', title: 'Version', description: 'Version of the secret that was read.', sensitive: true },
    ...SLOTS.map((name, i) => ({
      name,
      title: `Value ${i + 1}`,
      description: `The field number ${i + 1}.`,
      sensitive: true,
    })),
  ],
  start: (_options, host) => ({
    values: ({ params: it }) => valuesOf(it, host),
    check: async ({ params: it }) => void (await secretOf(it, host)),
  }),
});
