import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { certificateFormOf, certificatesIn, soonerOf } from '../../crypto/certificate.ts';
import type { CertificateFacts } from '../../kernel/certificate.ts';
import type { Limits } from '../../kernel/limits.ts';

/** The facts of the certificate that ends first in each file, by the files' names; files without one are absent. */
export type Inspect = (
  files: ReadonlyMap<string, { readonly bytes: Uint8Array }>,
) => Promise<ReadonlyMap<string, CertificateFacts>>;

/**
 * Looks at files as they are written. What was seen is remembered, since a write that lost a race is decided again. Of one list
 * so many PKCS#12 files are opened: each may cost some milliseconds. The rest counts as not readable.
 */
export function createInspection({ pkcs12PerWrite }: Pick<Limits, 'pkcs12PerWrite'>): Inspect {
  const seen = new LRUCache<string, { readonly facts: CertificateFacts | null }>({ max: 1_000 });

  return async (files) => {
    const found = new Map<string, CertificateFacts>();
    let containers = 0;
    for (const [name, { bytes }] of files) {
      const form = certificateFormOf(bytes);
      if (form === null) continue;
      if (form === 'pkcs12') containers += 1;
      // Those already seen count, too: what becomes of a list must not depend on what came before it.
      if (form === 'pkcs12' && containers > pkcs12PerWrite) continue;
      const digest = hash('sha256', bytes, 'base64');
      let known = seen.get(digest);
      if (!known) {
        // Between two files others get their turn.
        await new Promise((resolve) => setImmediate(resolve));
        known = { facts: await soonestIn(bytes) };
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
    if (read % BATCH === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return soonest;
}
