import { z } from 'zod';
import { definePlugin, type PluginHost } from '#plugin';

const SLOTS = Array.from({ length: 20 }, (_, i) => `VALUE_${i + 1}`);
const path = z
  .string()
  .regex(/^[a-zA-Z0-9_.-]+(\/[a-zA-Z0-9_.-]+)*$/, 'must be a path without a leading slash')
  .max(500)
  .refine((text) => text.split('/').every((part) => part !== '.' && part !== '..'), 'must not climb');

const params = z.strictObject({
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
type Params = z.output<typeof params>;

/** What KV version 2 answers to a read. */
const answer = z.object({
  data: z.object({
    data: z.record(z.string(), z.unknown()),
    metadata: z.object({ version: z.int() }),
  }),
});

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

async function valuesOf(it: Params, fetch: PluginHost['fetch']): Promise<ReadonlyMap<string, string>> {
  const headers = {
    accept: 'application/json',
    'x-vault-token': it.token,
    'x-vault-request': 'true',
    ...(it.namespace ? { 'x-vault-namespace': it.namespace } : {}),
  };
  const response = await fetch(`${it.address.replace(/\/+$/, '')}/v1/${it.mount}/data/${it.path}`, { headers });
  if (response.status !== 200) throw new Error(`The secret was answered with ${response.status}`);
  const { data, metadata } = answer.parse(await response.json()).data;
  const values = new Map([
    ['DATA', JSON.stringify(data)],
    ['VERSION', String(metadata.version)],
  ]);
  it.fields.forEach((field, i) => {
    if (Object.hasOwn(data, field)) values.set(`VALUE_${i + 1}`, textOf(data[field]));
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
    { name: 'VERSION', title: 'Version', description: 'Version of the secret that was read.', sensitive: false },
    ...SLOTS.map((name, i) => ({
      name,
      title: `Value ${i + 1}`,
      description: `The field number ${i + 1}.`,
      sensitive: true,
    })),
  ],
  start: (_options, { fetch }) => ({ values: ({ params: it }) => valuesOf(it, fetch) }),
});
