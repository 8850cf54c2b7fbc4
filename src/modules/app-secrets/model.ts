import { byCodePoint } from '../../kernel/ids.ts';
import type { DocumentType, Stored } from '../../vault/document.ts';

export const PURPOSES = ['APIKey', 'SSHKey', 'UsernamePassword', 'Other'] as const;
export type Purpose = (typeof PURPOSES)[number];

export type AppSecretFields = {
  /** Never changes: it is the key that the secret is rendered under. */
  readonly name: string;
  readonly purposeType: Purpose;
  /** How often the slug was created: values of an earlier secret of the same slug are none of this one. */
  readonly incarnation: number;
  readonly createdAt: string;
  readonly updatedAt: string;
};
export interface AppSecretBody {
  readonly providerId: string | null;
}
export const appSecretDocument: DocumentType<AppSecretFields, AppSecretBody> = {
  kind: 'appSecret',
  encode: ({ providerId }) => ({ providerId }),
  decode: (json) => json as unknown as AppSecretBody,
};
export type StoredAppSecret = Stored<AppSecretFields, AppSecretBody>;

/** Names are printable ASCII; whatever is no letter or digit stands for a hyphen. */
export const secretSlugOf = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');

export type ValueFields = {
  /** Write-only: shown by no view. */
  readonly hidden: boolean;
  /** Of the environment and the secret that it was set for. */
  readonly incarnation: string;
  readonly updatedAt: string;
};
export interface ValueBody {
  readonly text: string;
}
/** One document for each secret and environment, from when a value is first set; an unset one is deleted. */
export const valueDocument: DocumentType<ValueFields, ValueBody> = {
  kind: 'appSecretValue',
  encode: ({ text }) => ({ text }),
  decode: (json) => json as unknown as ValueBody,
};
export type StoredValue = Stored<ValueFields, ValueBody>;

export const bySecretName = (a: StoredAppSecret, b: StoredAppSecret): number =>
  byCodePoint(a.fields.name, b.fields.name);
