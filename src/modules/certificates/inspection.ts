import { hash } from 'node:crypto';
import { certificateFormOf, certificatesIn, soonerOf } from '../../crypto/certificate.ts';
import type { OpenContainer } from '../../crypto/containers.ts';
import type { CertificateFacts } from '../../kernel/certificate.ts';
import type { Limits } from '../../kernel/limits.ts';
import { recent } from '../../kernel/recent.ts';
import { turn } from '../../kernel/turn.ts';
import type { Work } from '../../kernel/work.ts';

/**
 * The facts of the certificate that ends first in each file, by the files' names; files without one are absent. `work` is that
 * of the request that brings the files.
 */
export type Inspect = (
  files: ReadonlyMap<string, { readonly bytes: Uint8Array }>,
  work: Work,
) => Promise<ReadonlyMap<string, CertificateFacts>>;

export interface InspectionDeps {
  readonly limits: Pick<Limits, 'pkcs12PerRequest'>;
  readonly open: OpenContainer;
}

/**
 * Looks at files as they are written. What was seen is remembered, since a write that lost a race is decided again. Of one
 * request so many different PKCS#12 files are opened: each may cost some ten milliseconds. The rest counts as not readable.
 */
export function createInspection({ limits: { pkcs12PerRequest }, open }: InspectionDeps): Inspect {
  const seen = recent<{ readonly facts: CertificateFacts | null }>(1_000);
  const containersOf = new WeakMap<Work, Set<string>>();

  /** Those already seen count, too: what becomes of a file must not depend on what other requests brought before. */
  function isWithin(work: Work, digest: string): boolean {
    const containers = containersOf.get(work) ?? new Set();
    containersOf.set(work, containers);
    if (containers.size < pkcs12PerRequest) containers.add(digest);
    return containers.has(digest);
  }

  return async (files, work) => {
    const found = new Map<string, CertificateFacts>();
    for (const [name, { bytes }] of files) {
      const form = certificateFormOf(bytes);
      if (form === null) continue;
      const digest = hash('sha256', bytes, 'base64');
      if (form === 'pkcs12' && !isWithin(work, digest)) continue;
      let known = seen.get(digest);
      if (!known) {
        work.begin();
        // Between two files others get their turn.
        await turn();
        known = { facts: form === 'pkcs12' ? await open(bytes) : await soonestIn(bytes) };
        seen.set(digest, known);
      }
      if (known.facts) found.set(name, known.facts);
    }
    return found;
  };
}

/** Certificates that are read between two turns of others. */
const BATCH = 20;

async function soonestIn(bytes: Uint8Array): Promise<CertificateFacts | null> {
  let soonest: CertificateFacts | null = null;
  let read = 0;
  for (const facts of certificatesIn(bytes)) {
    soonest = soonerOf(soonest, facts);
    read += 1;
    if (read % BATCH === 0) await turn();
  }
  return soonest;
}
