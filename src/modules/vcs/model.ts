import { z } from 'zod';
import type { Sensitivity } from '../../domain/types.ts';
import { pattern, revisionRule } from '../../input/rules.ts';
import type { Json } from '../../store/port.ts';
import type { DocumentType, Stored } from '../../vault/document.ts';
import { urlTrouble } from './repo-url.ts';

export const VCS_SERVICES = ['bitbucket', 'gitlab', 'github', 'self-hosted', 'azure'] as const;
export type VcsService = (typeof VCS_SERVICES)[number];

/** Where a service of the public keeps its repositories: nobody else is shown the credentials for it. null: it is where people run it. */
export const SERVICE_HOSTS: Readonly<Record<VcsService, RegExp | null>> = {
  bitbucket: /^bitbucket\.org$/,
  gitlab: /^gitlab\.com$/,
  github: /^github\.com$/,
  azure: /^(dev\.azure\.com|[a-z0-9-]+\.visualstudio\.com)$/,
  'self-hosted': null,
};

export type AccountFields = {
  readonly service: VcsService;
  /** null but for self-hosted services. */
  readonly selfHostedVcsId: string | null;
  /** Of a self-hosted service: what the addresses of its repositories begin with, without a slash at the end. */
  readonly baseUrl: string | null;
  readonly accountLogin: string;
  /** How secret whatever is read with it is at the least. Absent in what was stored before there was one: secret. */
  readonly sensitivity?: Sensitivity;
  readonly createdAt: string;
  readonly updatedAt: string;
};
export interface AccountBody {
  /** Never told to anybody but the host. */
  readonly token: string;
}
export const accountDocument: DocumentType<AccountFields, AccountBody> = {
  kind: 'vcsAccount',
  encode: ({ token }) => ({ token }),
  decode: (json) => ({ token: (json as { readonly [name: string]: Json }).token as string }),
};
export type StoredAccount = Stored<AccountFields, AccountBody>;

/** What is not said to be configuration is secret. */
export const sensitivityOf = ({ fields }: Pick<StoredAccount, 'fields'>): Sensitivity =>
  fields.sensitivity === 'config' ? 'config' : 'secret';

type Address = Pick<AccountFields, 'service' | 'selfHostedVcsId' | 'accountLogin'>;
/** The id of an account: one for each login at each service. */
export const accountId = ({ service, selfHostedVcsId, accountLogin }: Address): string =>
  `${service}:${selfHostedVcsId ?? ''}:${accountLogin}`;

export const selfHostedVcsIdRule = pattern(/^[A-Za-z0-9-]+$/, 'must be letters, digits and hyphens', 1, 64);
export const accountLoginRule = pattern(
  /^[A-Za-z0-9][A-Za-z0-9._@+-]*$/,
  'must be letters, digits, dots, underscores, hyphens, plus and at signs, and begin with a letter or a digit',
  1,
  100,
);

const baseUrlRule = z
  .string()
  .superRefine((text, ctx) => {
    const trouble = urlTrouble(text, 0);
    if (trouble) ctx.addIssue({ code: 'custom', params: { rule: trouble.rule }, message: trouble.message });
  })
  .nullish();

const tokenRule = pattern(/^[\x21-\x7e]+$/, 'must be visible ASCII without spaces', 1, 4_096);

const sensitivityRule = z.enum(['secret', 'config']);

const isSelfHosted = (service: unknown): boolean => service === 'self-hosted';

export const putAccountInput = z
  .strictObject({
    service: z.enum(VCS_SERVICES),
    selfHostedVcsId: selfHostedVcsIdRule.nullish(),
    baseUrl: baseUrlRule,
    accountLogin: accountLoginRule,
    sensitivity: sensitivityRule.nullish(),
    token: tokenRule,
    expectedRevision: revisionRule,
  })
  .superRefine(({ service, selfHostedVcsId, baseUrl }, ctx) => {
    const refuse = (name: string, message: string) =>
      ctx.addIssue({ code: 'custom', path: [name], params: { rule: 'service' }, message });
    for (const [name, given] of [
      ['selfHostedVcsId', selfHostedVcsId],
      ['baseUrl', baseUrl],
    ] as const) {
      if (isSelfHosted(service) && !given) refuse(name, 'is required for SELF_HOSTED');
      if (!isSelfHosted(service) && given) refuse(name, 'must be absent: it is for SELF_HOSTED only');
    }
  });
export const updateAccountInput = z.strictObject({ sensitivity: sensitivityRule, expectedRevision: revisionRule });
export const deleteAccountInput = z.strictObject({ expectedRevision: revisionRule });
export type PutAccountInput = z.output<typeof putAccountInput>;
export type UpdateAccountInput = z.output<typeof updateAccountInput>;
