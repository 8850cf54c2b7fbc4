import { z } from 'zod';
import { defaultKey } from '../../domain/layer.ts';
import { notFound } from '../../rest/problem.ts';
import { expected, type Given, type JsonObject, mutation, nothing, type RestRoute, routeOf } from '../../rest/route.ts';
import { groupId } from './rest.ts';
import { keysBody, LINK_FIELDS, type Link, linkedKeyAnswer } from './rest-shape.ts';

interface Kind {
  readonly path: string;
  readonly name: string;
  readonly field: 'addon' | 'externalAddon';
  readonly kind: 'ADDON' | 'EXTERNAL_ADDON';
  readonly words: string;
}
const KINDS: readonly Kind[] = [
  { path: 'addons', name: 'Addon', field: 'addon', kind: 'ADDON', words: 'an addon' },
  {
    path: 'external-addons',
    name: 'ExternalAddon',
    field: 'externalAddon',
    kind: 'EXTERNAL_ADDON',
    words: 'an external addon',
  },
];

interface LinkResult {
  readonly group: { readonly slug: string; readonly name: string; readonly addonLinks: readonly Link[] } | null;
  readonly addon: {
    readonly slug: string;
    readonly name: string;
    readonly providerId: string;
    readonly provider: { readonly keys: readonly { readonly name: string }[] } | null;
  } | null;
}

type LinkedKey = { readonly keyName: string; readonly aliases?: readonly string[] | null };

const keys = z.array(z.strictObject({ ...linkedKeyAnswer, defaultKey: z.string() }));
const shown = (addon: string, linked: readonly LinkedKey[]): readonly object[] =>
  linked.map(({ keyName, aliases }) => ({ keyName, aliases: aliases ?? [], defaultKey: defaultKey(addon, keyName) }));

const addonOf = ({ path }: Given): string => path.addonId ?? '';
const group = 'Links';

function routesOf({ path: segment, name, field, kind, words }: Kind): readonly RestRoute[] {
  const path = `/projects/{projectId}/secrets/{secretId}/${segment}/{addonId}`;
  const place = (given: Given): JsonObject => ({ id: groupId(given), ...expected(given) });
  return [
    routeOf<LinkResult>({
      group,
      method: 'GET',
      path,
      name: `get${name}Link`,
      summary: `Read the link of a secret group to ${words}, and the keys that can be linked`,
      answer: z.strictObject({
        secretName: z.string(),
        secretId: z.string(),
        addonName: z.string(),
        addonId: z.string(),
        addonType: z.string(),
        linked: z.boolean(),
        linkedKeys: keys.optional(),
        availableKeys: z.array(z.string()),
      }),
      document: `query Link($project: Slug!, $slug: Slug!, $addon: Slug!) { result: project(slug: $project) {
        group: secretGroup(slug: $slug) { slug name ${LINK_FIELDS} }
        addon: ${field}(slug: $addon) { slug name providerId provider { keys { name } } } } }`,
      variables: (given) => ({ project: given.path.projectId, slug: given.path.secretId, addon: addonOf(given) }),
      reply: ({ group: found, addon }) => {
        if (!found || !addon) throw notFound();
        const link = found.addonLinks.find((each) => each.addon === addon.slug && each.kind === kind);
        return {
          data: {
            secretName: found.name,
            secretId: found.slug,
            addonName: addon.name,
            addonId: addon.slug,
            addonType: addon.providerId,
            linked: link !== undefined,
            ...(link ? { linkedKeys: shown(addon.slug, link.keys) } : {}),
            availableKeys: (addon.provider?.keys ?? []).map((key) => key.name),
          },
        };
      },
    }),
    routeOf({
      group,
      method: 'POST',
      path,
      name: `update${name}Link`,
      summary: `Link ${words} to a secret group, or replace the link`,
      body: keysBody,
      answer: z.strictObject({ keys }),
      document: mutation('linkAddon', 'result: commit { seq }'),
      variables: (given) => ({
        input: { ...place(given), link: { kind, addon: addonOf(given), keys: given.body.keys } },
      }),
      reply: (_result, given) => ({ data: { keys: shown(addonOf(given), given.body.keys as readonly LinkedKey[]) } }),
      placeOf: (at) => (at[0] === 'link' ? at.slice(1) : at),
    }),
    routeOf({
      group,
      method: 'DELETE',
      path,
      name: `delete${name}Link`,
      summary: `Unlink ${words} from a secret group`,
      answer: z.strictObject({}),
      document: mutation('unlinkAddon', 'result: commit { seq }'),
      variables: (given) => ({ input: { ...place(given), kind, addon: addonOf(given) } }),
      reply: nothing,
    }),
  ];
}

export const linkRoutes: readonly RestRoute[] = KINDS.flatMap(routesOf);
