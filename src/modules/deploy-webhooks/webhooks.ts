import { can, type Verb } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import { subjectOf, Value } from '../../audit/reveal.ts';
import type { Clock } from '../../kernel/clock.ts';
import { forbidden, notFound } from '../../kernel/errors.ts';
import { type Change, changesOf } from '../../vault/change.ts';
import type { View } from '../../vault/reading.ts';
import { type MayAsk, requireAskable } from '../addresses.ts';
import { visibleProject } from '../projects/lookup.ts';
import { projectDocument } from '../projects/model.ts';
import { bookOf, isUndelivered } from '../restarts/book.ts';
import {
  queueDocument,
  type SigningSecret,
  type StoredWebhook,
  WEBHOOK_ID,
  webhookDocument,
} from '../restarts/model.ts';
import type { PutWebhookInput, RotateSecretInput } from './inputs.ts';
import { newSigningSecret, validSecrets } from './signature.ts';

const changes = changesOf(webhookDocument);
const DAY = 86_400;

const may = (session: Session, verb: Verb, project: string): boolean =>
  can(session.principal, verb, 'deployWebhook', { project });

export type WebhooksService = ReturnType<typeof createWebhooks>;

async function visible(project: string, view: View, session: Session): Promise<StoredWebhook> {
  await visibleProject(project, view, session);
  const stored = (await view.set(webhookDocument, project)).get(WEBHOOK_ID);
  if (!stored || stored.deleted || !may(session, 'list', project)) throw notFound('Deploy webhook');
  return stored;
}

const ofProject = (project: string, session: Session): Promise<StoredWebhook> =>
  session.read((view) => visible(project, view, session));

/** The whole URL often is a credential. */
const urlOf = ({ key, body }: StoredWebhook, session: Session): Value =>
  new Value(subjectOf(webhookDocument.kind, key), may(session, 'read', key[1] ?? ''), () => body().url);

function withSecret(secrets: readonly SigningSecret[], text: string, at: string, overlapSeconds: number) {
  const until = new Date(Date.parse(at) + overlapSeconds * 1000).toISOString();
  // Two are enough: who rotates again ends the one before the last.
  const old = secrets.slice(0, 1).map((each) => ({ ...each, until }));
  return [{ text, since: at, until: null }, ...(overlapSeconds > 0 ? old : [])];
}

/** Deliveries that waited while it was switched off, or under another URL, are due again. */
async function stirred(project: string, view: View, session: Session, at: string): Promise<readonly Change[]> {
  const { queue, deliveries } = await bookOf(project, view);
  if (!deliveries.live.some(isUndelivered)) return [];
  const fields = { ...(queue?.fields ?? { lease: null }), nextAt: at, failures: 0 };
  const queues = changesOf(queueDocument);
  return [queue ? queues.replace(queue, fields, null) : queues.create([session.principal.team, project], fields, null)];
}

/** The first steps of a change: the webhook, for whoever may do this to it and saw its present revision. */
const changeable = (project: string, verb: Verb, expected: number | null | undefined, session: Session) => ({
  async find(view: View): Promise<StoredWebhook> {
    const before = await visible(project, view, session);
    if (!may(session, verb, project)) throw forbidden();
    return before;
  },
  seen: (present: StoredWebhook) => ({ expected, present }),
});

interface WebhooksDeps {
  readonly clock: Clock;
  readonly mayAsk: MayAsk;
}

/** Where the restarts of a project are announced. */
export function createWebhooks(deps: WebhooksDeps) {
  const secretsSince = (webhook: StoredWebhook): readonly SigningSecret[] =>
    validSecrets(webhook.body(), deps.clock().toISOString());

  return { ofProject, urlOf, put: createPutting(deps), ...createChanging(deps), secretsSince };
}

function createPutting({ clock, mayAsk }: WebhooksDeps) {
  async function put(input: PutWebhookInput, session: Session) {
    const { project, url, isEnabled: enabled, expectedRevision } = input;
    const key = [session.principal.team, project, WEBHOOK_ID];
    const { made: told, commit } = await session.run({
      operation: 'deployWebhook.put',
      subject: key,
      async find(view) {
        const guard = changesOf(projectDocument).unchanged(await visibleProject(project, view, session));
        if (!may(session, 'write', project)) throw forbidden();
        const taken = (await view.set(webhookDocument, project)).get(WEBHOOK_ID);
        return { guard, taken, before: taken && !taken.deleted ? taken : null };
      },
      seen: ({ before: present }) => ({
        expected: expectedRevision,
        present,
        absent: 'There is no deploy webhook yet',
      }),
      async decide({ guard, taken, before }, view) {
        requireAskable(url, ['url'], mayAsk);
        const at = clock().toISOString();
        // A secret stays with the address that it was made for.
        const old = before?.body().url === url ? before.body().secrets : [];
        const secret = input.secret ?? (old.length > 0 ? null : newSigningSecret());
        const secrets = secret === null ? old : withSecret(old, secret, at, DAY);
        const fields = { enabled, createdAt: before?.fields.createdAt ?? at, updatedAt: at };
        const body = { url, secrets };
        const change = taken ? changes.replace(taken, fields, body) : changes.create(key, fields, body);
        const more = await stirred(project, view, session, at);
        // What the caller gave is not told back.
        return { changes: [change, ...more], guards: [guard], made: input.secret === null ? secret : null };
      },
    });
    return { deployWebhook: await ofProject(project, session), secret: told, commit };
  }

  return put;
}

function createChanging({ clock }: Pick<WebhooksDeps, 'clock'>) {
  async function rotate(project: string, input: RotateSecretInput, session: Session) {
    const { made: told, commit } = await session.run({
      operation: 'deployWebhook.rotateSecret',
      subject: [session.principal.team, project, WEBHOOK_ID],
      ...changeable(project, 'write', input.expectedRevision, session),
      decide(before) {
        const at = clock().toISOString();
        const secret = input.secret ?? newSigningSecret();
        const { url, secrets } = before.body();
        const body = { url, secrets: withSecret(secrets, secret, at, input.overlapSeconds) };
        const change = changes.replace(before, { ...before.fields, updatedAt: at }, body);
        return { changes: [change], made: input.secret === null ? secret : null };
      },
    });
    return { deployWebhook: await ofProject(project, session), secret: told, commit };
  }

  /** What was still to be delivered has nowhere to go: the next look at it gives it up. */
  async function remove(project: string, expected: number | null | undefined, session: Session) {
    const { made: deployWebhook, commit } = await session.run({
      operation: 'deployWebhook.delete',
      subject: [session.principal.team, project, WEBHOOK_ID],
      ...changeable(project, 'delete', expected, session),
      async decide(before, view) {
        const at = clock().toISOString();
        const more = await stirred(project, view, session, at);
        const fields = { ...before.fields, updatedAt: at };
        const erased = changes.erase(before, fields, { url: before.body().url, secrets: [] });
        return { changes: [erased, ...more], made: before };
      },
    });
    return { deployWebhook, commit };
  }

  return { rotate, remove };
}
