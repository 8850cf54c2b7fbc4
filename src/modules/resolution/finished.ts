import type { AddonLink, Resolution, ResolutionInput } from '../../domain/types.ts';
import type { Drawn } from '../addons/drawing.ts';

/** A resolution as it is kept. */
export interface Finished {
  /** What went in: the same objects as long as nothing in them changed. */
  readonly from: readonly unknown[];
  readonly links: readonly AddonLink[];
  readonly drawn: Drawn;
  readonly resolution: Resolution;
  readonly input: ResolutionInput;
  readonly digest: string;
  readonly bytes: number;
}

/** Of groups without links. */
export const NOTHING_DRAWN: Drawn = { addons: new Map(), outcomes: [], stale: new Set(), versions: new Map() };

export const resultOf = ({ resolution, input, digest, drawn }: Finished) => ({
  resolution,
  input,
  digest,
  volatile: drawn.outcomes.some((outcome) => outcome.volatile),
  addonVersions: drawn.versions,
});
