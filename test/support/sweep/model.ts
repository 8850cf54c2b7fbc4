import type { Place } from './world.ts';

/**
 * Who may see what, written from what the product promises and not from its code: `read` and `resolve` by sensitivity and
 * project; what a template draws in of global secrets by `read` on those; a workload's own token gets its environment whole;
 * what an addon's provider makes of its parameters by `read` and `resolve` on addons; tokens of accounts are told to nobody.
 */
type Rule = (place: Place) => boolean;

const isConfig: Rule = ({ type }) => type === 'config';
const nothing: Rule = () => false;

const RULES: Readonly<Record<string, Rule>> = {
  owner: () => true,
  reader: () => true,
  operator: isConfig,
  developer: isConfig,
  auditor: nothing,
  'keys only': nothing,
  'config only': isConfig,
  // A grant for named projects reaches nothing of the team.
  'one project': ({ project }) => project === 'default-project',
  // It may list global secrets and not read them: what a template draws in of these is none of its business.
  'no globals': ({ where }) => ['group', 'certificate', 'direct', 'addon', 'parameter'].includes(where),
  // The parameter that is no secret, of the addon that nothing links.
  'reads addons': ({ where, reachesSvc }) => where === 'addon' && !reachesSvc,
  dependent: ({ reachesSvc }) => reachesSvc,
};

export const PRINCIPALS: readonly string[] = Object.keys(RULES);

export function isDue(principal: string, place: Place): boolean {
  // Tokens of accounts are used, and never shown.
  if (place.where === 'account') return false;
  // Where restarts are announced is no secret or configuration of a project: it has a permission of its own.
  if (place.where === 'webhook') return ['owner', 'reader'].includes(principal);
  return RULES[principal]?.(place) ?? false;
}

/** What the owner has to come across, or the sweep would be blind. */
export const isSeenByOwner = ({ where, isGone }: Place): boolean => where !== 'account' && !isGone;
