import { can, type Verb } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import type { Clock } from '../../kernel/clock.ts';
import { conflict, forbidden, notFound } from '../../kernel/errors.ts';
import { changesOf } from '../../vault/change.ts';
import type { View } from '../../vault/reading.ts';
import { type CreateTagInput, type StoredTag, tagDocument, type UpdateTagInput } from './model.ts';

const changes = changesOf(tagDocument);

export interface TagsDeps {
  readonly clock: Clock;
}
export type TagsService = ReturnType<typeof createTags>;

/** The team's catalog of tags. Groups and workloads may carry tags that are not in it. */
export function createTags({ clock }: TagsDeps) {
  async function visible(name: string, view: View, session: Session): Promise<StoredTag> {
    const stored = (await view.set(tagDocument)).get(name);
    if (!stored || stored.deleted || !can(session.principal, 'list', 'tag')) throw notFound('Tag', name);
    return stored;
  }

  const byName = (name: string, session: Session): Promise<StoredTag> =>
    session.read((view) => visible(name, view, session));

  async function list(session: Session): Promise<readonly StoredTag[]> {
    if (!can(session.principal, 'list', 'tag')) return [];
    return (await session.read((view) => view.set(tagDocument))).live;
  }

  async function create(input: CreateTagInput, session: Session) {
    if (!can(session.principal, 'write', 'tag')) throw forbidden();
    const { name, description } = input;
    const at = clock().toISOString();
    const key = [session.principal.team, name];
    const { commit } = await session.run({
      operation: 'tag.create',
      subject: key,
      once: { idempotencyKey: input.idempotencyKey, input },
      find: async (view) => (await view.set(tagDocument)).get(name),
      decide(taken) {
        if (taken && !taken.deleted)
          throw conflict('TAKEN', 'There is already a tag with that name', { existing: { kind: 'tag', key } });
        const fields = { createdAt: at, updatedAt: at };
        const body = { description };
        return { changes: [taken ? changes.replace(taken, fields, body) : changes.create(key, fields, body)] };
      },
    });
    return { tag: await byName(name, session), commit };
  }

  const changeable = (name: string, verb: Verb, session: Session) => async (view: View) => {
    const before = await visible(name, view, session);
    if (!can(session.principal, verb, 'tag')) throw forbidden();
    return before;
  };

  async function update(name: string, input: UpdateTagInput, session: Session) {
    const { commit } = await session.run({
      operation: 'tag.update',
      subject: [session.principal.team, name],
      find: changeable(name, 'write', session),
      seen: (present) => ({ expected: input.expectedRevision, present }),
      decide(before) {
        const fields = { ...before.fields, updatedAt: clock().toISOString() };
        const { description = before.body().description } = input;
        const change = changes.replace(before, fields, { description });
        return { changes: [change], standing: changes.standing(before, change) };
      },
    });
    return { tag: await byName(name, session), commit };
  }

  /** Takes the tag out of the catalog; whatever carries it keeps it. */
  async function remove(name: string, expected: number | null | undefined, session: Session) {
    const { made: tag, commit } = await session.run({
      operation: 'tag.delete',
      subject: [session.principal.team, name],
      find: changeable(name, 'delete', session),
      seen: (present) => ({ expected, present }),
      decide: (before) => ({ changes: [changes.erase(before, before.fields)], made: before }),
    });
    return { tag, commit };
  }

  return { byName, list, create, update, remove };
}
