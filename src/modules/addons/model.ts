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
  /** The revision that brought the present parameters: values made of them are good until the next. Absent: every one did. */
  readonly paramsRevision?: number;
  /** When new credentials were last made; absent: never. */
  readonly rotatedAt?: string;
  /** When each of the old credentials goes, as in the body. */
  readonly retiringUntil?: readonly string[];
};

export type Params = { readonly [name: string]: Json };

/** Credentials that were replaced, and go on working for a while. */
export interface Retiring {
  readonly params: Params;
  readonly until: string;
}

export interface AddonBody {
  readonly description: string | null;
  /** As people gave them: the provider's rules are asked again before every use. */
  readonly params: Params;
  readonly retiring: readonly Retiring[];
  /** Keyed hash of the values that an external addon was last seen to have, and when; null: nobody looked yet. */
  readonly observed: { readonly digest: string; readonly at: string } | null;
}

function documentFor(kind: 'addon' | 'externalAddon'): DocumentType<AddonFields, AddonBody> {
  return {
    kind,
    encode: ({ description, params, retiring, observed }) => ({
      description,
      params,
      ...(retiring.length > 0 ? { retiring: retiring.map((each) => ({ ...each })) } : {}),
      ...(observed ? { observed: { ...observed } } : {}),
    }),
    decode: (json) => {
      const { description, params, retiring = [], observed = null } = json as unknown as Partial<AddonBody>;
      return { description: description ?? null, params: params ?? {}, retiring, observed };
    },
  };
}
const DOCUMENTS = { addon: documentFor('addon'), 'external-addon': documentFor('externalAddon') } as const;

export const documentOf = (kind: AddonKind): DocumentType<AddonFields, AddonBody> => DOCUMENTS[kind];
export const KINDS: readonly AddonKind[] = ['addon', 'external-addon'];

export type StoredAddon = Stored<AddonFields, AddonBody> & { readonly kind: AddonKind };

/** For people, and in the names of operations. */
export const NOUN = { addon: 'Addon', 'external-addon': 'External addon' } as const;
export const OPERATION = { addon: 'addon', 'external-addon': 'externalAddon' } as const;

/** Plain and sealed parts that say the same of old credentials. */
export function withRetiring(
  fields: AddonFields,
  body: AddonBody,
  retiring: readonly Retiring[],
): { readonly fields: AddonFields; readonly body: AddonBody } {
  return { fields: { ...fields, retiringUntil: retiring.map(({ until }) => until) }, body: { ...body, retiring } };
}

export const linksTo =
  ({ kind, key }: Pick<StoredAddon, 'kind' | 'key'>) =>
  (link: AddonLink): boolean =>
    link.addonKind === kind && link.addonId === idOf(key);
