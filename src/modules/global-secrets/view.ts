import type { Session } from '../../access/session.ts';
import { subjectOf, Value } from '../../audit/reveal.ts';
import type { CertificateFacts } from '../../kernel/certificate.ts';
import { forbidden } from '../../kernel/errors.ts';
import { byCodePoint } from '../../kernel/ids.ts';
import { type GlobalBody, type GlobalFile, globalDocument, type StoredGlobal, sizeOf } from './model.ts';
import { mayOnGlobal } from './rights.ts';

/** What one viewer gets to see of a global secret. */

/** Values show their names too: whoever may see them needs both rights. */
const maySeeValues = ({ fields }: StoredGlobal, session: Session): boolean =>
  mayOnGlobal(session, 'read', fields.type) && mayOnGlobal(session, 'listKeys', fields.type);

const subject = ({ key }: StoredGlobal): string => subjectOf(globalDocument.kind, key);

/** The body, for those who may see its keys. */
export function keysOf(stored: StoredGlobal, session: Session): GlobalBody {
  if (!mayOnGlobal(session, 'listKeys', stored.fields.type))
    throw forbidden('You do not have permission to list the keys');
  return stored.body();
}

export const valuesOf = (stored: StoredGlobal, session: Session): Value<GlobalBody['values']> =>
  new Value(subject(stored), maySeeValues(stored, session), () => stored.body().values);

/** What is told of its content is told with it or not at all. */
export interface FileRow {
  readonly id: string;
  readonly path: string;
  readonly encoding: GlobalFile['encoding'];
  readonly size: number | null;
  readonly data: Value;
  readonly certificate: Value<CertificateFacts>;
}

export function filesOf(stored: StoredGlobal, session: Session): readonly FileRow[] {
  const of = subject(stored);
  const isSeen = maySeeValues(stored, session);
  return [...keysOf(stored, session).files]
    .sort(([a], [b]) => byCodePoint(a, b))
    .map(([id, file]) => ({
      id,
      path: file.path,
      encoding: file.encoding,
      size: isSeen ? sizeOf(file) : null,
      data: new Value(of, isSeen, () => file.data),
      certificate: new Value(of, isSeen, () => file.certificate ?? null),
    }));
}
