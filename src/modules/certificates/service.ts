import { can } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import type { FileEntry, Sensitivity } from '../../domain/types.ts';
import type { CertificateFacts } from '../../kernel/certificate.ts';
import type { Clock } from '../../kernel/clock.ts';
import { invalidInput } from '../../kernel/errors.ts';
import { inParallel } from '../../kernel/parallel.ts';
import { idOf } from '../../vault/document.ts';
import type { View } from '../../vault/reading.ts';
import { globalDocument, type StoredGlobal } from '../global-secrets/model.ts';
import { mayOnGlobal } from '../global-secrets/rights.ts';
import { projectDocument } from '../projects/model.ts';
import { groupDocument, type StoredGroup } from '../secret-groups/model.ts';
import { mayOnGroup } from '../secret-groups/rights.ts';

export type CertificatesService = ReturnType<typeof createCertificates>;

export type Holder =
  | { readonly kind: 'secretGroup'; readonly stored: StoredGroup }
  | { readonly kind: 'globalSecret'; readonly stored: StoredGlobal };

/** A certificate and where it lies. */
export interface HeldCertificate {
  readonly holder: Holder;
  /** Path of the file, name of the mount. */
  readonly path: string;
  /** Tells apart what lies at the same path of one holder. */
  readonly place: string;
  readonly certificate: CertificateFacts;
}

const DAY = 86_400_000;
/** Bodies that are opened between two turns of others. */
const BATCH = 50;

/** What is known of the certificates in files, from the facts that were stored with them. */
export function createCertificates({ clock }: { readonly clock: Clock }) {
  /** Whole days, rounded down. */
  const daysLeft = ({ notAfter }: CertificateFacts): number =>
    Math.floor((Date.parse(notAfter) - clock().getTime()) / DAY);

  /** Those that end within so many days, or have ended, of all groups and global secrets whose keys and values the caller may see. */
  async function expiring(within: number, session: Session): Promise<readonly HeldCertificate[]> {
    if (within < 0) throw invalidInput([{ path: ['within'], rule: 'range', message: 'must not be negative' }]);
    const holders = await session.read((view) => holdersFor(view, session));
    const until = clock().getTime() + within * DAY;
    const found: HeldCertificate[] = [];
    for (const [i, holder] of holders.entries()) {
      if (i % BATCH === BATCH - 1) await new Promise((resolve) => setImmediate(resolve));
      found.push(...heldBy(holder).filter(({ certificate }) => Date.parse(certificate.notAfter) <= until));
    }
    return found;
  }

  return { daysLeft, expiring };
}

/** Groups of a project whose certificates are for the caller to see. */
async function groupsFor(project: string, view: View, session: Session): Promise<readonly Holder[]> {
  const may = (verb: 'list' | 'listKeys' | 'read', type: Sensitivity) => mayOnGroup(session, verb, project, type);
  return (await view.set(groupDocument, project)).live
    .filter(({ fields: { type } }) => may('list', type) && may('listKeys', type) && may('read', type))
    .map((stored) => ({ kind: 'secretGroup', stored }));
}

/** Everything that may hold certificates for the caller to see. Opens nothing. */
async function holdersFor(view: View, session: Session): Promise<readonly Holder[]> {
  const projects = (await view.set(projectDocument)).live
    .map(({ key }) => idOf(key))
    .filter(
      (project) =>
        can(session.principal, 'list', 'project', { project }) &&
        can(session.principal, 'read', 'secretGroup', { project }),
    );
  const holders = (await inParallel(projects, (project) => groupsFor(project, view, session))).flat();
  for (const stored of (await view.set(globalDocument)).live) {
    const may = (verb: 'list' | 'listKeys' | 'read') => mayOnGlobal(session, verb, stored.fields.type);
    if (may('list') && may('listKeys') && may('read')) holders.push({ kind: 'globalSecret', stored });
  }
  return holders;
}

function heldBy(holder: Holder): readonly HeldCertificate[] {
  const held = (place: string, path: string, certificate: CertificateFacts | undefined): readonly HeldCertificate[] =>
    certificate ? [{ holder, place, path, certificate }] : [];
  if (holder.kind === 'globalSecret') {
    return [...holder.stored.body().files].flatMap(([id, { path, certificate }]) => held(id, path, certificate));
  }
  const { files, mounts } = holder.stored.body();
  const of = (place: string, entries: ReadonlyMap<string, FileEntry>) =>
    [...entries].flatMap(([path, { certificate }]) => held(place, path, certificate));
  return [...of('file', files), ...of('mount', mounts)];
}
