import type { CertificateFacts } from '../../kernel/certificate.ts';
import { shared } from './shared.ts';

export const CertificateType = shared.objectRef<CertificateFacts>('Certificate').implement({
  description:
    'An X.509 certificate found in a file, as it was when the file was stored. Nothing vouches for what it says.',
  fields: (t) => ({
    name: t.exposeString('name', {
      description:
        'What people know it by: its subject; without one its alternative names, such as `DNS:example.com`; without those its serial number. At most 1,000 characters.',
    }),
    subject: t.exposeString('subject', {
      description:
        'Whom it names, as RFC 4514 writes it: `CN=example.com,O=Example`. At most 1,000 characters; empty when only alternative names say it.',
    }),
    issuer: t.exposeString('issuer', { description: 'Who issued it, written in the same way.' }),
    serialNumber: t.exposeString('serialNumber', {
      description: 'The number its issuer gave it, hexadecimal; the first 100 digits.',
    }),
    notAfter: t.field({
      type: 'DateTime',
      description: 'When it ends.',
      resolve: ({ notAfter }) => notAfter,
    }),
    position: t.exposeInt('position', {
      description: 'Its place among the certificates of the file, from 1; in PKCS#12 that of the key comes first.',
    }),
    daysLeft: t.int({
      description: 'Whole days until `notAfter`: 0 on the last one, negative once it has passed.',
      resolve: (facts, _args, { services, notRepeatable }) => {
        notRepeatable();
        return services.certificates.daysLeft(facts);
      },
    }),
  }),
});

/** The field `certificate` of whatever is a file, for those who may see the content. */
export const certificateField = {
  type: CertificateType,
  nullable: true,
  description:
    'The certificate of the file that ends first. Looked at: up to 2,000 in PEM (also inside JSON or YAML), a DER file, and PKCS#12 up to 64 KiB that opens without a password and within 4,096 iterations; of one list of files the first 20 such are opened. null: none that can be read so, or the file is masked.',
} as const;
