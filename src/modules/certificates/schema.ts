import type { Builder } from '../../graphql/types/builder.ts';
import { CertificateType } from '../../graphql/types/certificate.ts';
import { within as inPlace, type ListOrder, pageOf } from '../../graphql/types/pages.ts';
import { GlobalSecretNode } from '../global-secrets/node.ts';
import { SecretGroupNode } from '../secret-groups/node.ts';
import type { HeldCertificate, Holder } from './service.ts';

/** By their end, then by path; what is equal in both by where it lies. */
const SOONEST_FIRST: ListOrder<HeldCertificate> = {
  name: 'certificates',
  keyOf: ({ certificate, path, place, holder: { kind, stored } }) =>
    [certificate.notAfter, path, kind, ...stored.key, place].join('\0'),
};

export function addCertificates(builder: Builder): void {
  const HolderType = builder.unionType('CertificateHolder', {
    description: 'The owner of a file with a certificate.',
    types: [SecretGroupNode, GlobalSecretNode],
    resolveType: (stored) => ((stored as Holder['stored']).key.length === 3 ? SecretGroupNode : GlobalSecretNode),
  });
  const HeldType = builder.objectRef<HeldCertificate>('ExpiringCertificate').implement({
    description: 'A certificate that expires soon or has expired, and the file that holds it.',
    fields: (t) => ({
      holder: t.field({
        type: HolderType,
        description: 'The secret group or global secret that holds the file.',
        resolve: ({ holder }) => holder.stored,
      }),
      path: t.exposeString('path', { description: 'Path of the file, or name of the Docker secret mount.' }),
      certificate: t.field({
        type: CertificateType,
        description: 'The certificate.',
        resolve: ({ certificate }) => certificate,
      }),
    }),
  });
  const connection = builder.connectionObject(
    { type: HeldType, name: 'ExpiringCertificateConnection' },
    { name: 'ExpiringCertificateEdge' },
  );
  builder.queryField('expiringCertificates', (t) =>
    t.connection(
      {
        type: HeldType,
        description:
          'Certificates that expire within so many days or have expired, in files and mounts of secret groups and global secrets: the earliest first, equal ones by path. Requires `LIST`, `LIST_KEYS` and `READ`; what you may not see is left out.',
        args: { within: t.arg.int({ required: true, description: 'Days from now, 0 or more.' }) },
        resolve: async (_root, { within, ...page }, context) => {
          context.notRepeatable();
          const all = await context.services.certificates.expiring(within, context.session);
          return pageOf(all, inPlace(SOONEST_FIRST, String(within)), page, context);
        },
      },
      connection,
    ),
  );
}
