import { templateReferences, utf8Size } from './template.ts';
import type { AddonLink, FileEntry } from './types.ts';

/** What something adds to the environments that it goes into, before templates are expanded; run time and build time together. */
export type Weight = {
  readonly variables: number;
  /** UTF-8 bytes of names and values of variables. */
  readonly bytes: number;
  /** Files and Docker secret mounts. */
  readonly files: number;
  readonly fileBytes: number;
  /** References in texts of variables and files. */
  readonly references: number;
};
export type Measure = keyof Weight;

export const NO_WEIGHT: Weight = { variables: 0, bytes: 0, files: 0, fileBytes: 0, references: 0 };
export const MEASURES = Object.keys(NO_WEIGHT) as readonly Measure[];

/** What counts for a text that somebody may not read: as much for one byte as for 64 KiB. */
const HIDDEN_BYTES = 1_024;
const HIDDEN_REFERENCES = 4;

export const sumOf = (weights: readonly Weight[]): Weight =>
  Object.fromEntries(
    MEASURES.map((measure) => [measure, weights.reduce((sum, weight) => sum + weight[measure], 0)]),
  ) as Weight;

/** What is left of a sum without a part of it. */
export const differenceOf = (sum: Weight, part: Weight): Weight =>
  Object.fromEntries(MEASURES.map((measure) => [measure, sum[measure] - part[measure]])) as Weight;

interface Held {
  readonly texts: readonly ReadonlyMap<string, string>[];
  readonly files: readonly ReadonlyMap<string, FileEntry>[];
  readonly links?: readonly AddonLink[];
}

/** Values of addons are not known where they are linked: each counts as a text that may not be read. */
export function weightOf({ texts, files, links = [] }: Held): Weight {
  const weights: Weight[] = [];
  for (const [name, text] of texts.flatMap((map) => [...map])) {
    const references = text.includes('${') ? templateReferences(text).length : 0;
    weights.push({ ...NO_WEIGHT, variables: 1, bytes: utf8Size(name) + utf8Size(text), references });
  }
  for (const { size, encoding, references } of files.flatMap((map) => [...map.values()])) {
    const drawn = encoding === 'binary' ? 0 : references.length;
    weights.push({ ...NO_WEIGHT, files: 1, fileBytes: size, references: drawn });
  }
  for (const { aliases } of links.flatMap(({ keys }) => keys)) {
    const names = Math.max(1, aliases.length);
    weights.push({ ...NO_WEIGHT, variables: names, bytes: names * HIDDEN_BYTES });
  }
  return sumOf(weights);
}

/** The same for somebody who may know the names and not the texts. */
export const hiddenWeight = ({ variables, files }: Weight, maxFileBytes: number): Weight => ({
  variables,
  bytes: variables * HIDDEN_BYTES,
  files,
  fileBytes: files * maxFileBytes,
  references: (variables + files) * HIDDEN_REFERENCES,
});
