import type { Slice } from '../slice.ts';
import { addCertificates } from './schema.ts';
import { type CertificatesService, createCertificates } from './service.ts';

declare module '../../graphql/types/services.ts' {
  interface Services {
    readonly certificates: CertificatesService;
  }
}

export const certificates: Slice = {
  name: 'certificates',
  create: (house) => ({ services: { certificates: createCertificates(house) } }),
  addSchema: addCertificates,
};
