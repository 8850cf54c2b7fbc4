import type { CertificateFacts } from '../../kernel/certificate.ts';
import { shared } from './shared.ts';

export const CertificateType = shared.objectRef<CertificateFacts>('Certificate').implement({
  description:
    'An X.509 certificate found in a file when the file was stored. Its signature and issuer are not checked.',
  fields: (t) => ({
    name: t.exposeString('name', {
      description:
        'Name for people: its subject; without one its alternative names, such as `DNS:example.com`; without those its serial number. At most 1,000 characters.',
    }),
    subject: t.exposeString('subject', {
      description:
        'Its subject in the notation of RFC 4514: `CN=example.com,O=Example`. At most 1,000 characters; empty if it has alternative names only.',
    }),
    issuer: t.exposeString('issuer', { description: 'Its issuer, written like `subject`.' }),
    serialNumber: t.exposeString('serialNumber', {
      description: 'Serial number in hexadecimal; at most the first 100 digits.',
    }),
    notAfter: t.field({
      type: 'DateTime',
      description: 'When it expires.',
      resolve: ({ notAfter }) => notAfter,
    }),
    position: t.exposeInt('position', {
      description:
        "Position among the certificates of the file, starting at 1. In PKCS#12 the key's certificate comes first.",
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
    'The certificate in the file that expires first. Searched are up to 2,000 in PEM (also inside JSON or YAML), a DER file, and PKCS#12 up to 64 KiB that opens without a password and within 4,096 iterations; the first 20 of those in one list of files are opened. Null if none was found or the file is masked.',
} as const;
