import { parentPort } from 'node:worker_threads';
import type { CertificateFacts } from '../kernel/certificate.ts';
import { certificatesIn, soonerOf } from './certificate.ts';
import { certificatesInPkcs12 } from './pkcs12.ts';

/** Opens PKCS#12 files apart from the gateway, one after the other. */

export interface ToWorker {
  readonly file: Uint8Array;
}
export interface FromWorker {
  readonly facts: CertificateFacts | null;
}

parentPort?.on('message', ({ file }: ToWorker) => {
  const answer: FromWorker = { facts: [...certificatesIn(file, certificatesInPkcs12)].reduce(soonerOf, null) };
  parentPort?.postMessage(answer);
});
