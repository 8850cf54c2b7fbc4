import type { Reach } from '../net/reach.ts';
import { type ChildLink, openLink } from './child-link.ts';
import type { Lines } from './lines.ts';
import type { Abilities, PluginFacts } from './plugin.ts';
import type { Fault } from './provider.ts';
import type { PluginSource } from './sources.ts';

export interface Bounds {
  /** One call. */
  readonly deadlineMs: number;
  /** All values of one answer. */
  readonly maxBytes: number;
  readonly maxValueBytes: number;
  readonly maxMemoryBytes: number;
}

export interface ChildDeps {
  readonly source: Pick<PluginSource, 'isolatedEntry' | 'folder' | 'folderName'>;
  readonly reach: Pick<Reach, 'entries'>;
  readonly bounds: Bounds;
  readonly lines: Lines;
}

/** Why a plugin did not come up. Options that it refused are told by the paths of their bad leaves. */
export class NotReady extends Error {
  readonly fault: Fault | 'options';
  readonly paths: readonly (readonly string[])[];
  constructor(fault: Fault | 'options', paths: readonly (readonly string[])[] = []) {
    super(`The plugin is not ready: ${fault}`);
    this.fault = fault;
    this.paths = paths;
  }
}

const MAX_DEPTH = 40;
/** What JSON makes of a text at worst. */
const ESCAPED = 6;

/** A process that has loaded the plugin. `known`: what the plugin must say of itself; null: anything. Rejects with `NotReady`. */
export async function loadedChild(
  { source, bounds, lines }: ChildDeps,
  known: PluginFacts | null,
): Promise<{ readonly link: ChildLink; readonly facts: PluginFacts }> {
  const { maxMemoryBytes } = bounds;
  const maxMessageBytes = ESCAPED * bounds.maxBytes + 1_048_576;
  const link = openLink({ folder: source.folder, maxMessageBytes, maxMemoryBytes, lines });
  const told = await link.prepare({ type: 'load', entry: source.isolatedEntry, folder: source.folderName });
  if (told.type !== 'loaded' || isTooDeep(told.facts.params)) throw refusedBy(link, told);
  if (known && JSON.stringify(known) !== JSON.stringify(told.facts)) {
    link.kill();
    throw new NotReady('changed');
  }
  return { link, facts: told.facts };
}

/** `isExclusive`: it is given one call at a time, and may connect only to the places that this call was lent. */
export interface StartDeps extends Pick<ChildDeps, 'reach' | 'bounds'> {
  readonly options: unknown;
  readonly isExclusive: boolean;
}

/** Starts the plugin in a process that has loaded it. Rejects with `NotReady`. */
export async function startedChild(
  link: ChildLink,
  { reach, bounds, options, isExclusive }: StartDeps,
): Promise<Abilities> {
  const { deadlineMs, maxBytes, maxValueBytes } = bounds;
  const order = { options, reach: reach.entries, deadlineMs, maxBytes, maxValueBytes, isExclusive };
  const told = await link.prepare({ type: 'start', ...order });
  if (told.type !== 'started') throw refusedBy(link, told);
  return told.abilities;
}

function refusedBy(link: ChildLink, told: Awaited<ReturnType<ChildLink['prepare']>>): NotReady {
  link.kill();
  if (told.type === 'refused') return new NotReady(told.fault);
  return told.type === 'bad-options'
    ? new NotReady(
        'options',
        told.problems.map(({ path }) => path),
      )
    : new NotReady('process');
}

function isTooDeep(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth > MAX_DEPTH || Object.values(value).some((each) => isTooDeep(each, depth + 1));
}
