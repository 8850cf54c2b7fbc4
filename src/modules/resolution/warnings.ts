import type { Resolution, ResolutionWarning } from '../../domain/types.ts';
import { sortedWarnings } from '../../domain/warn.ts';
import { byCodePoint } from '../../kernel/ids.ts';
import { isDangerousName } from '../dangerous-names.ts';

/** Warns of what is known about names and addons alone. Not part of the digest: the values are what they are. */
export const withWarnings = (resolution: Resolution, stale: ReadonlySet<string>): Resolution =>
  new Warned(resolution, stale);

/** The same outcome, of which nothing is put together that nobody asks for. */
class Warned implements Resolution {
  readonly #of: Resolution;
  readonly #stale: ReadonlySet<string>;
  #warnings: readonly ResolutionWarning[] | null = null;

  constructor(of: Resolution, stale: ReadonlySet<string>) {
    this.#of = of;
    this.#stale = stale;
  }

  get scope() {
    return this.#of.scope;
  }

  get variables() {
    return this.#of.variables;
  }

  get files() {
    return this.#of.files;
  }

  get mounts() {
    return this.#of.mounts;
  }

  get unresolved() {
    return this.#of.unresolved;
  }

  get render() {
    return this.#of.render;
  }

  get canonical() {
    return this.#of.canonical;
  }

  get laid() {
    return this.#of.laid;
  }

  get warnings(): readonly ResolutionWarning[] {
    this.#warnings ??= sorted(this.#of.warnings, [
      ...staleWarnings(this.#of, this.#stale),
      ...nameWarnings(this.#of.variables.keys()),
    ]);
    return this.#warnings;
  }
}

const sorted = (warnings: readonly ResolutionWarning[], more: readonly ResolutionWarning[]) =>
  more.length === 0 ? warnings : sortedWarnings([...warnings, ...more]);

function nameWarnings(variables: Iterable<string>): readonly ResolutionWarning[] {
  const names = [...variables].filter(isDangerousName).sort(byCodePoint);
  if (names.length === 0) return [];
  const message = `These variables change what else the workload runs: ${names.join(', ')}`;
  return [{ code: 'DANGEROUS_NAME', names, groups: [], message }];
}

/** Warns of keys whose addon gave its last good values. Not part of the digest: the values are what they were. */
function staleWarnings({ variables }: Resolution, stale: ReadonlySet<string>): readonly ResolutionWarning[] {
  return [...stale].flatMap((addon): readonly ResolutionWarning[] => {
    const names = [...variables.values()]
      .filter(({ source }) => source.kind === 'addon' && `${source.addonKind}/${source.addonId}` === addon)
      .map(({ name }) => name)
      .sort(byCodePoint);
    const message = `These are the last good values of ${addon}, which does not answer`;
    return names.length === 0 ? [] : [{ code: 'STALE', names, groups: [], message }];
  });
}
