import { utf8Size } from '../../domain/template.ts';
import type { Clock } from '../../kernel/clock.ts';
import { conflict, forbidden, invalidInput, limitExceeded, notFound } from '../../kernel/errors.ts';
import { slugOf } from '../../kernel/ids.ts';
import type { Limits } from '../../kernel/limits.ts';
import { createOnce } from '../../vault/once.ts';
import { changesOf, type Vault, type View } from '../../vault/vault.ts';
import { requireRevision } from '../access/revision.ts';
import type { Session } from '../access/session.ts';
import type { Inspect } from '../certificates/inspection.ts';
import type { Keys } from '../keys/keys.ts';
import { createPrune } from './history.ts';
import type { CreateGlobalInput, PutGlobalInput, UpdateGlobalInput } from './inputs.ts';
import { bytesOf, type GlobalBody, type GlobalFile, globalDocument, type StoredGlobal, sizeOf } from './model.ts';
import { mayOnGlobal } from './rights.ts';

const changes = changesOf(globalDocument);

export interface GlobalSecretsDeps {
  readonly vault: Vault;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly inspect: Inspect;
}
export type GlobalSecretsService = ReturnType<typeof createGlobalSecrets>;

/** An update: which global secret, and the revision that the caller saw. */
export interface GlobalUpdate {
  readonly slug: string;
  readonly expectedRevision?: number | null | undefined;
}

type Find = (slug: string, view: View, session: Session) => Promise<StoredGlobal>;

/** The global secret, deleted or not, if the caller may see it. */
const storedGlobal: Find = async (slug, view, session) => {
  const stored = (await view.set(globalDocument)).get(slug);
  if (!stored || !mayOnGlobal(session, 'list', stored.fields.type)) throw notFound(`Global secret ${slug}`);
  return stored;
};

const visibleGlobal: Find = async (slug, view, session) => {
  const stored = await storedGlobal(slug, view, session);
  if (stored.deleted) throw notFound(`Global secret ${slug}`);
  return stored;
};

const deletedGlobal: Find = async (slug, view, session) => {
  const stored = await storedGlobal(slug, view, session);
  if (!stored.deleted) throw conflict('The global secret is not deleted');
  return stored;
};

const isTaken = (key: readonly string[]) =>
  conflict('There is already a secret with the same derived identifier', { existing: { kind: 'globalSecret', key } });

/** Bundles of values and files for all projects of the team. Every use case reads, decides and commits once. */
export function createGlobalSecrets(deps: GlobalSecretsDeps) {
  const { vault, keys, clock, limits, inspect } = deps;
  const once = createOnce(vault, keys);
  const prune = createPrune(deps);

  const bySlug = (slug: string, session: Session): Promise<StoredGlobal> =>
    session.read((view) => visibleGlobal(slug, view, session));

  async function list(session: Session): Promise<readonly StoredGlobal[]> {
    const { live } = await session.read((view) => view.set(globalDocument));
    return live.filter(({ fields }) => mayOnGlobal(session, 'list', fields.type));
  }

  const create = (input: CreateGlobalInput, session: Session) => createOrPut(input, 'globalSecret.create', session);
  const put = (input: PutGlobalInput, session: Session) => createOrPut(input, 'globalSecret.put', session);

  async function createOrPut(input: PutGlobalInput, operation: string, session: Session) {
    const { team, id: actor } = session.principal;
    const slug = slugOf(input.name);
    const key = [team, slug];
    const { idempotencyKey, name, type, description, values, files } = input;
    const request = { ...input, files: [...files] };
    const asked = { team, actor, operation, at: clock().toISOString(), input: request, object: key, idempotencyKey };
    const created = await once(asked, (extra) =>
      session.write(key, async () => {
        // Before anything else, so that a conflict tells nothing to those who may not write.
        if (!mayOnGlobal(session, 'write', type)) throw forbidden();
        const set = await session.read((view) => view.set(globalDocument));
        const taken = set.get(slug);
        const before = taken && !taken.deleted ? taken : null;
        if (before) requireReplaceable(before, input, operation, session);
        else requireRoom(set.live.length, input);
        const given = { description, values, files };
        requireWithinLimits(given);
        const body = await inspected(given);
        const updatedAt = clock().toISOString();
        const fields = { name, type, createdAt: before?.fields.createdAt ?? updatedAt, updatedAt };
        const change = taken ? changes.replace(taken, fields, body) : changes.create(key, fields, body);
        return session.commit(operation, [change, ...extra]);
      }),
    );
    const globalSecret = await bySlug(slug, session);
    await prune(globalSecret, session);
    return { globalSecret, commit: created.commit };
  }

  function requireReplaceable(before: StoredGlobal, input: PutGlobalInput, operation: string, session: Session): void {
    // An upsert onto what the caller may not see must neither overwrite nor describe it.
    if (!mayOnGlobal(session, 'list', before.fields.type)) throw isTaken([]);
    if (operation === 'globalSecret.create') throw isTaken(before.key);
    if (before.fields.type !== input.type) {
      throw invalidInput([{ path: ['type'], rule: 'fixed', message: 'cannot be changed after creation' }]);
    }
    requireRevision(before, input.expectedRevision);
  }

  function requireRoom(count: number, { expectedRevision }: PutGlobalInput): void {
    if (expectedRevision) throw conflict('There is no such global secret yet');
    if (count < limits.globalSecretsPerTeam) return;
    throw limitExceeded('global secrets in the team', limits.globalSecretsPerTeam, count + 1);
  }

  /** Refuses what is too much, before anything is written. Values count as the JSON they are kept as. */
  function requireWithinLimits({ values, files }: GlobalBody): void {
    let total = utf8Size(JSON.stringify(values));
    for (const [id, file] of files) {
      const size = sizeOf(file);
      if (size > limits.fileBytes) throw limitExceeded(`bytes of the file ${id}`, limits.fileBytes, size);
      total += size + id.length + utf8Size(file.path);
    }
    if (total > limits.globalSecretBytes) throw limitExceeded('bytes in all', limits.globalSecretBytes, total);
  }

  /** With the facts of certificates in its files, where they are not known yet. */
  async function inspected(body: GlobalBody): Promise<GlobalBody> {
    const unknown = [...body.files].filter(([, file]) => !file.certificate);
    const found = await inspect(new Map(unknown.map(([id, file]) => [id, { bytes: bytesOf(file) }])));
    const files = [...body.files].map(([id, file]): [string, GlobalFile] => {
      const certificate = found.get(id);
      return [id, certificate ? { ...file, certificate } : file];
    });
    return { ...body, files: new Map(files) };
  }

  /** The one way to change a global secret that is there. */
  async function change(
    { slug, expectedRevision }: GlobalUpdate,
    operation: string,
    session: Session,
    decide: (body: GlobalBody) => GlobalBody,
    find: Find = visibleGlobal,
  ) {
    const key = [session.principal.team, slug];
    const commit = await session.write(key, async () => {
      const before = await session.read((view) => find(slug, view, session));
      // Asked for before the revision is looked at, so that those who may not write learn nothing of it.
      if (!mayOnGlobal(session, 'write', before.fields.type)) throw forbidden();
      requireRevision(before, expectedRevision);
      const decided = decide(before.body());
      requireWithinLimits(decided);
      const body = await inspected(decided);
      const fields = { ...before.fields, updatedAt: clock().toISOString() };
      return session.commit(operation, [changes.replace(before, fields, body)]);
    });
    const globalSecret = await bySlug(slug, session);
    await prune(globalSecret, session);
    return { globalSecret, commit };
  }

  function update(ref: GlobalUpdate, input: Omit<UpdateGlobalInput, 'expectedRevision'>, session: Session) {
    return change(ref, 'globalSecret.update', session, (body) => {
      const { description = body.description, values = body.values, files = body.files } = input;
      return { description, values, files };
    });
  }

  async function remove({ slug, expectedRevision }: GlobalUpdate, session: Session) {
    return session.write([session.principal.team, slug], async () => {
      const before = await bySlug(slug, session);
      if (!mayOnGlobal(session, 'delete', before.fields.type)) throw forbidden();
      requireRevision(before, expectedRevision);
      const fields = { ...before.fields, updatedAt: clock().toISOString() };
      const commit = await session.commit('globalSecret.delete', [changes.erase(before, fields)]);
      return { globalSecret: before, commit };
    });
  }

  const restore = (ref: GlobalUpdate, session: Session) =>
    change(ref, 'globalSecret.restore', session, (body) => body, deletedGlobal);

  return { bySlug, list, create, put, update, remove, restore };
}
