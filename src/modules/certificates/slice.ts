import type { LimitTable, ValuesOf } from '../../kernel/limits.ts';
import type { Slice } from '../slice.ts';
import { addCertificates } from './schema.ts';
import { type CertificatesService, createCertificates } from './service.ts';

declare module '../../graphql/types/services.ts' {
  interface Services {
    readonly certificates: CertificatesService;
  }
}

const limits = {
  pkcs12PerRequest: { default: 20, min: 0, words: 'PKCS#12 files that one request opens to look for certificates.' },
} as const satisfies LimitTable;

declare module '../../kernel/limits.ts' {
  interface NounLimits extends ValuesOf<typeof limits> {}
}

export const certificates: Slice = {
  name: 'certificates',
  limits,
  create: (house) => ({ services: { certificates: createCertificates(house) } }),
  addSchema: addCertificates,
};
