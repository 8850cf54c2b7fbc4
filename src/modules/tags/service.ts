import { can, type Verb } from '../../access/model.ts';
import { requireRevision } from '../../access/revision.ts';
import type { Session } from '../../access/session.ts';
import type { Clock } from '../../kernel/clock.ts';
import { conflict, forbidden, notFound } from '../../kernel/errors.ts';
import type { Keys } from '../../keys/keys.ts';
import { createOnce } from '../../vault/once.ts';
import { changesOf, type Vault } from '../../vault/vault.ts';
import { type CreateTagInput, type StoredTag, tagDocument, type UpdateTagInput } from './model.ts';

const changes = changesOf(tagDocument);

export interface TagsDeps {
  readonly vault: Vault;
  readonly keys: Keys;
  readonly clock: Clock;
}
export type TagsService = ReturnType<typeof createTags>;

/** The team's catalogue of tags. Groups and workloads may carry tags that are not in it. */
export function createTags({ vault, keys, clock }: TagsDeps) {
  const once = createOnce(vault, keys);

  async function byName(name: string, session: Session): Promise<StoredTag> {
    const stored = await session.read(async (view) => (await view.set(tagDocument)).get(name));
    if (!stored || stored.deleted || !can(session.principal, 'list', 'tag')) throw notFound('Tag', name);
    return stored;
  }

  async function list(session: Session): Promise<readonly StoredTag[]> {
    if (!can(session.principal, 'list', 'tag')) return [];
    return (await session.read((view) => view.set(tagDocument))).live;
  }

  async function create(input: CreateTagInput, session: Session) {
    if (!can(session.principal, 'write', 'tag')) throw forbidden();
    const { team, id: actor } = session.principal;
    const { name, description } = input;
    const at = clock().toISOString();
    const key = [team, name];
    const operation = 'tag.create';
    const created = await once(
      { team, actor, operation, at, input, object: key, idempotencyKey: input.idempotencyKey },
      async (extra) => {
        const taken = await session.read(async (view) => (await view.set(tagDocument)).get(name));
        if (taken && !taken.deleted)
          throw conflict('TAKEN', 'There is already a tag with that name', { existing: { kind: 'tag', key } });
        const fields = { createdAt: at, updatedAt: at };
        const change = taken
          ? changes.replace(taken, fields, { description })
          : changes.create(key, fields, { description });
        return session.commit(operation, [change, ...extra]);
      },
    );
    return { tag: await byName(name, session), commit: created.commit };
  }

  async function changeable(name: string, verb: Verb, session: Session): Promise<StoredTag> {
    const before = await byName(name, session);
    if (!can(session.principal, verb, 'tag')) throw forbidden();
    return before;
  }

  async function update(name: string, input: UpdateTagInput, session: Session) {
    const commit = await session.write([session.principal.team, name], async () => {
      const before = await changeable(name, 'write', session);
      requireRevision(before, input.expectedRevision);
      const fields = { ...before.fields, updatedAt: clock().toISOString() };
      const { description = before.body().description } = input;
      const change = changes.replace(before, fields, { description });
      return session.commit('tag.update', [change], changes.standing(before, change));
    });
    return { tag: await byName(name, session), commit };
  }

  /** Takes the tag out of the catalogue; whatever carries it keeps it. */
  function remove(name: string, session: Session) {
    return session.write([session.principal.team, name], async () => {
      const before = await changeable(name, 'delete', session);
      const commit = await session.commit('tag.delete', [changes.erase(before, before.fields)]);
      return { tag: before, commit };
    });
  }

  return { byName, list, create, update, remove };
}
