/** One of so many mutations of a sweep is tried: of all unless `KEYLOOM_SWEEPS` is `sample`, as where changes are checked before they land. */
export const SHARE = process.env.KEYLOOM_SWEEPS === 'sample' ? 10 : 1;
