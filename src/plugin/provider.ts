import { z } from 'zod';
import { SLUG } from '../kernel/ids.ts';
import type { AddonProvider, Running } from './contract.ts';
import type { JsonSchema, ParamsProblem, PluginFacts } from './plugin.ts';

/** Why a module is no plugin, in words that follow its name. */
export const FAULTS = {
  import: 'cannot be imported',
  default: 'has no default export',
  api: 'was made for another version of the plugin contract',
  id: 'has no slug for an id',
  folder: 'has another id than its folder',
  kind: 'is of an unknown kind',
  parts: 'lacks options, params or start',
  keys: 'has no keys, or misnamed ones',
  twice: 'has a key twice',
  values: 'has no values()',
  retire: 'has rotate(), but no retire()',
  start: 'does not start',
  process: 'died, or said nothing, before it was ready',
  changed: 'describes itself differently than before',
} as const;
export type Fault = keyof typeof FAULTS;
export const FAULT_NAMES = Object.keys(FAULTS) as readonly Fault[];

const KEY_NAME = /^[a-zA-Z][a-zA-Z0-9_]{0,99}$/;
const MAX_KEYS = 500;

/** What is wrong with a default export; null: it is a plugin. `folder`: the name that it must have. */
export function faultOf(found: unknown, folder: string | null): Fault | null {
  const provider = found as AddonProvider | null | undefined;
  if (typeof provider !== 'object' || provider === null) return 'default';
  if (provider.api !== 1) return 'api';
  if (typeof provider.id !== 'string' || !SLUG.test(provider.id)) return 'id';
  if (folder !== null && provider.id !== folder) return 'folder';
  if (provider.kind !== 'addon' && provider.kind !== 'external-addon') return 'kind';
  const parts = [provider.options?.safeParse, provider.params?.safeParse, provider.start];
  if (parts.some((part) => typeof part !== 'function')) return 'parts';
  const names = Array.isArray(provider.keys) ? provider.keys.map((key) => key.name) : [];
  if (names.length === 0 || names.length > MAX_KEYS || !names.every((key) => KEY_NAME.test(key))) return 'keys';
  return new Set(names).size === names.length ? null : 'twice';
}

/** What is wrong with what a provider started; null: nothing. Whoever makes credentials must be able to remove them. */
export function runningFaultOf(running: Partial<Running<unknown>> | null | undefined): Fault | null {
  if (typeof running?.values !== 'function') return 'values';
  return typeof running.rotate === 'function' && typeof running.retire !== 'function' ? 'retire' : null;
}

/** What a provider says of itself, as data alone. */
export const factsOf = (provider: AddonProvider): PluginFacts => ({
  id: provider.id,
  kind: provider.kind,
  title: String(provider.title),
  keys: provider.keys.map(({ name, title, description, sensitive }) => ({
    name,
    title: String(title),
    description: String(description),
    // What does not say that it may be seen is a secret.
    sensitive: sensitive !== false,
  })),
  params: jsonSchemaOf(provider),
});

function jsonSchemaOf({ params }: AddonProvider): JsonSchema {
  try {
    return z.toJSONSchema(params, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  } catch {
    return {};
  }
}

type Rules = AddonProvider['params'];
type Parsed =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problems: readonly ParamsProblem[] };

/** By the plugin's own rules, which may throw. */
export function parsedBy(rules: Rules, given: unknown): Parsed {
  try {
    const parsed = rules.safeParse(given);
    if (parsed.success) return { ok: true, value: parsed.data };
    const problems = parsed.error.issues.flatMap(problemsOf);
    return { ok: false, problems: problems.length > 0 ? problems : UNSAID };
  } catch {
    return { ok: false, problems: UNSAID };
  }
}
/** A field that is not known is named by its own path. */
function problemsOf(issue: { readonly path: readonly PropertyKey[]; readonly code?: string; readonly keys?: unknown }) {
  const path = issue.path.map(String);
  const code = String(issue.code);
  if (code !== 'unrecognized_keys' || !Array.isArray(issue.keys)) return [{ path, code }];
  return issue.keys.slice(0, MAX_UNKNOWN).map((key) => ({ path: [...path, String(key).slice(0, 200)], code }));
}
const MAX_UNKNOWN = 20;

const UNSAID: readonly ParamsProblem[] = [{ path: [], code: 'custom' }];
