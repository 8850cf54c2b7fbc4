/** How far one environment may grow before keys are in error. */
export interface Limits {
  /** Longest chain of references. */
  readonly depth: number;
  /** References followed for one result, each occurrence counted as if nothing were remembered. */
  readonly steps: number;
  /** UTF-8 bytes of one result. */
  readonly resultBytes: number;
  /** UTF-8 bytes of the results of templates in one environment, of those apart that the same people may see. */
  readonly totalBytes: number;
  /** References in the texts of one environment, of secret and of configuration sources each. */
  readonly references: number;
}

export const LIMITS: Limits = {
  depth: 32,
  steps: 10_000,
  resultBytes: 1 << 20,
  totalBytes: 16 << 20,
  references: 100_000,
};

/** Names in the path of an error; a longer path is cut there and ends with `…`, which no key is called. */
export const PATH_NAMES = 40;
