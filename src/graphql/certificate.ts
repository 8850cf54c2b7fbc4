import type { CertificateFacts } from '../kernel/certificate.ts';
import { builder } from './builder.ts';

export const CertificateType = builder.objectRef<CertificateFacts>('Certificate').implement({
  description:
    'An X.509 certificate found in a file, as it was when the file was stored. Nothing vouches for what it says.',
  fields: (t) => ({
    subject: t.exposeString('subject', {
      description: 'Whom it names, as RFC 4514 writes it: `CN=example.com,O=Example`. At most 1,000 characters.',
    }),
    issuer: t.exposeString('issuer', { description: 'Who issued it, written in the same way.' }),
    serialNumber: t.exposeString('serialNumber', {
      description: 'The number its issuer gave it, hexadecimal; the first 100 digits.',
    }),
    notAfter: t.field({
      type: 'DateTime',
      description: 'When it ends; or, if that is sooner, when one of its issuers in the same file does.',
      resolve: ({ notAfter }) => notAfter,
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

/** The field `certificate` of whatever is a file; those who come this far may see keys. */
export const certificateField = {
  type: CertificateType,
  nullable: true,
  description:
    'The certificate that it holds: the first of a PEM file, a DER file, or the one of the key in a PKCS#12 file up to 64 KiB that opens without a password and within 4,096 iterations; of one list of files the first 20 such are opened. null: none, none that can be read so, or the file was stored before there was such a field.',
} as const;
