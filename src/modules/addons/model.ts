import type { AddonLink } from '../../domain/types.ts';
import type { Json } from '../../store/port.ts';
import { type DocumentType, idOf, type Stored } from '../../vault/document.ts';

export type AddonKind = AddonLink['addonKind'];

export type AddonFields = {
  readonly name: string;
  /** Id of the plugin; fixed at creation. */
  readonly provider: string;
  readonly createdAt: string;
  readonly updatedAt: string;
};

export type Params = { readonly [name: string]: Json };
export interface AddonBody {
  readonly description: string | null;
  /** As people gave them: the provider's rules are asked again before every use. */
  readonly params: Params;
}

function documentFor(kind: 'addon' | 'externalAddon'): DocumentType<AddonFields, AddonBody> {
  return {
    kind,
    encode: ({ description, params }) => ({ description, params }),
    decode: (json) => {
      const body = json as { readonly description: string | null; readonly params: Params };
      return { description: body.description, params: body.params };
    },
  };
}
const DOCUMENTS = { addon: documentFor('addon'), 'external-addon': documentFor('externalAddon') } as const;

export const documentOf = (kind: AddonKind): DocumentType<AddonFields, AddonBody> => DOCUMENTS[kind];

export type StoredAddon = Stored<AddonFields, AddonBody> & { readonly kind: AddonKind };

export const linksTo =
  ({ kind, key }: Pick<StoredAddon, 'kind' | 'key'>) =>
  (link: AddonLink): boolean =>
    link.addonKind === kind && link.addonId === idOf(key);
