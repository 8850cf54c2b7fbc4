import { z } from 'zod';
import { isSshPublicKey } from '../../crypto/ssh-signature.ts';
import { distinct, pattern } from '../../input/rules.ts';
import { invalidInput } from '../../kernel/errors.ts';
import type { Gitops } from '../global-secrets/model.ts';
import { accountLoginRule, SERVICE_HOSTS, selfHostedVcsIdRule, VCS_SERVICES } from '../vcs/model.ts';
import { branchTrouble, canonicalUrl, filePathTrouble, type Trouble, urlTrouble } from '../vcs/repo-url.ts';

const checked = (troubleOf: (text: string) => Trouble | null) =>
  z.string().superRefine((text, ctx) => {
    const trouble = troubleOf(text);
    if (trouble) ctx.addIssue({ code: 'custom', params: { rule: trouble.rule }, message: trouble.message });
  });

const signerTrouble = (line: string): Trouble | null =>
  isSshPublicKey(line)
    ? null
    : {
        rule: 'key',
        message: 'must be an OpenSSH public key in one line (Ed25519, ECDSA, or RSA of at least 2,048 bits)',
      };

/** Without the comment behind it. */
const keyIn = (line: string): string => line.split(' ', 2).join(' ');

const shape = z.strictObject({
  vcsService: z.enum(VCS_SERVICES),
  selfHostedVcsId: selfHostedVcsIdRule.nullish(),
  accountLogin: accountLoginRule.nullish(),
  vcsLinkId: pattern(/^[A-Za-z0-9-]+$/, 'must be letters, digits and hyphens', 1, 100).nullish(),
  repoUrl: checked((text) => urlTrouble(text)),
  branch: z
    .string()
    .transform((name) => name.replace(/^refs\/heads\//, ''))
    .pipe(checked(branchTrouble)),
  filePath: checked(filePathTrouble),
  holdRewrites: z.boolean().nullish(),
  signers: distinct(checked(signerTrouble), keyIn, 20).nullish(),
});

/** Spec 5. */
export const gitopsRule = shape
  .superRefine(({ vcsService, selfHostedVcsId, repoUrl }, ctx) => {
    const refuse = (name: string, rule: string, message: string) =>
      ctx.addIssue({ code: 'custom', path: [name], params: { rule }, message });
    const hosts = SERVICE_HOSTS[vcsService];
    if (selfHostedVcsId && hosts) refuse('selfHostedVcsId', 'service', 'must be absent: it is for SELF_HOSTED only');
    // What is no URL at all was told already.
    if (hosts && URL.canParse(repoUrl) && !hosts.test(new URL(repoUrl).host))
      refuse('repoUrl', 'host', 'must be at a host of `vcsService`; SELF_HOSTED allows any host');
  })
  .transform(
    (given): Gitops => ({
      vcsService: given.vcsService,
      selfHostedVcsId: given.selfHostedVcsId ?? null,
      accountLogin: given.accountLogin ?? null,
      vcsLinkId: given.vcsLinkId ?? null,
      repoUrl: canonicalUrl(given.repoUrl),
      branch: given.branch,
      filePath: given.filePath,
      holdRewrites: given.holdRewrites ?? false,
      signers: given.signers ?? [],
    }),
  );

/** Members of a setting that is there: what is absent stays. */
export const gitopsPatchRule = shape.partial();
export type GitopsPatch = z.output<typeof gitopsPatchRule>;

/** What a patch makes of a setting; of none it takes a whole one. INVALID_INPUT where the two together break a rule. */
export function patchedGitops(before: Gitops | null, patch: GitopsPatch): Gitops {
  const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
  const { success, data, error } = gitopsRule.safeParse({ ...before, ...given });
  if (success) return data;
  throw invalidInput(
    error.issues.map((issue) => {
      const path = ['gitops', ...issue.path.map(String)];
      if (issue.code === 'custom') return { path, rule: String(issue.params?.rule), message: issue.message };
      return { path, rule: 'required', message: 'is required: the global secret follows no git file yet' };
    }),
  );
}
