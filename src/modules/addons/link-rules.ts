import type { Session } from '../../access/session.ts';
import type { AddonLink } from '../../domain/types.ts';
import { type FieldError, invalidInput } from '../../kernel/errors.ts';
import { type Change, changesOf } from '../../vault/change.ts';
import type { View } from '../../vault/reading.ts';
import { documentOf } from './model.ts';
import type { Providers } from './providers.ts';
import { mayOnAddon } from './rights.ts';

/** Links that a change brings, and where each is in its input. */
export interface GivenLink {
  readonly link: AddonLink;
  readonly path: readonly string[];
}

/** What links may ask for. An addon that is not there yet may be linked; one that the caller may not see counts as such. */
export const createLinkRules = (providers: Providers) => ({
  /**
   * Refuses keys that a linked addon's provider does not have. Answers checks for the commit that makes the links: the addons that they
   * lead to must be as they were seen.
   */
  async requireLinkable(
    given: readonly GivenLink[],
    project: string,
    view: View,
    session: Session,
  ): Promise<readonly Change[]> {
    const fields: FieldError[] = [];
    const guards: Change[] = [];
    if (!mayOnAddon(session, 'list', project)) return guards;
    for (const { link, path } of given) {
      const type = documentOf(link.addonKind);
      const stored = (await view.set(type, project)).get(link.addonId);
      if (!stored || stored.deleted) continue;
      guards.push(changesOf(type).unchanged(stored));
      const provider = providers.of({ ...stored, kind: link.addonKind });
      link.keys.forEach(({ keyName }, i) => {
        if (!provider || provider.keys.has(keyName)) return;
        const message = "is not a key of the addon's provider";
        fields.push({ path: [...path, 'keys', String(i), 'keyName'], rule: 'enum', message });
      });
    }
    if (fields.length > 0) throw invalidInput(fields);
    return guards;
  },
});
