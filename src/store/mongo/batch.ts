import type { AnyBulkWriteOperation, ClientSession } from 'mongodb';
import { type AppError, isAppError } from '../../kernel/errors.ts';
import type { Quotas } from '../kept.ts';
import { afterPrefix, keyText } from '../keys.ts';
import { type Known, type Plan, planCommit, type Step, scopesOf } from '../plan.ts';
import type { Commit, Doc, Head, Key, Kind, Mac, NewCommit, TeamId } from '../port.ts';
import type { Collections } from './collections.ts';
import { loadPast, type Past } from './past.ts';
import * as record from './records.ts';

export type Outcome = Commit | AppError;

export interface BatchDeps {
  readonly collections: Collections;
  readonly mac: Mac;
  readonly quotas: Quotas;
  readonly session: ClientSession;
}

/** What the transaction has read, and then decided on top of it. */
interface State {
  readonly docs: Map<string, Doc | null>;
  readonly past: Past;
  readonly heads: Map<string, Head | null>;
  readonly byId: Map<string, Commit>;
  readonly numbers: Set<number>;
}

type DocWrites = AnyBulkWriteOperation<record.DocRecord>[];

const nameOf = (kind: Kind, key: Key): string => `${kind}\0${keyText(key)}`;

/** Everything that the batch's decisions rest on, in one read a collection. */
async function load(
  { docs, revisions, commits, heads }: Collections,
  session: ClientSession,
  team: TeamId,
  batch: readonly NewCommit[],
): Promise<State> {
  const past = await loadPast(revisions, session, batch);
  const state: State = { docs: new Map(), past, heads: new Map(), byId: new Map(), numbers: new Set() };
  for (const scope of batch.flatMap(scopesOf)) state.heads.set(keyText(scope), null);
  for await (const found of heads.find({ _id: { $in: [...state.heads.keys()] } }, { session })) {
    state.heads.set(found._id, record.headOf(found));
  }
  const next = (state.heads.get(keyText([team]))?.seq ?? 0) + 1;
  const ours = { $or: [{ team, id: { $in: batch.map(({ id }) => id) } }, { _id: record.commitId(team, next) }] };
  for await (const found of commits.find(ours, { session })) {
    const commit = record.commitOf(found);
    state.byId.set(commit.id, commit);
    state.numbers.add(commit.seq);
  }
  const keys = new Map<Kind, Map<string, Key>>();
  for (const { kind, key } of batch.flatMap(({ writes }) => writes)) {
    keys.set(kind, (keys.get(kind) ?? new Map<string, Key>()).set(keyText(key), key));
    state.docs.set(nameOf(kind, key), null);
  }
  for (const [kind, byText] of keys) {
    for await (const found of docs(kind).find({ _id: { $in: [...byText.keys()] } }, { session })) {
      const key = byText.get(found._id);
      if (key) state.docs.set(nameOf(kind, key), record.docOf(kind, key, found));
    }
  }
  return state;
}

/** Decides one commit upon the state and moves the state on. */
function decide({ mac, quotas }: BatchDeps, state: State, request: NewCommit): Plan | Commit {
  const earlier = state.byId.get(request.id);
  if (earlier) return earlier;
  const known: Known = {
    doc: (kind, key) => state.docs.get(nameOf(kind, key)) ?? null,
    head: (scope) => state.heads.get(keyText(scope)) ?? null,
    past: (kind, key, below) => state.past.bytes(kind, key, below),
    hasCommit: (seq) => state.numbers.has(seq),
  };
  const plan = planCommit(mac, request, known, quotas);
  for (const step of plan.steps) {
    state.past.move(step);
    if (step.op === 'put') state.docs.set(nameOf(step.doc.kind, step.doc.key), step.doc);
    if (step.op === 'remove') state.docs.set(nameOf(step.kind, step.key), null);
  }
  for (const head of plan.heads) state.heads.set(keyText(head.scope), head);
  state.byId.set(request.id, plan.commit);
  state.numbers.add(plan.commit.seq);
  return plan;
}

/** The writes of one step: to the document's collection, and to the revisions. */
function writesOf(step: Step): { readonly present: DocWrites; readonly past: DocWrites } {
  if (step.op !== 'put') {
    const kept = record.revisionsOf(step.kind, step.key);
    const end = step.op === 'purge' ? record.revisionId(step.kind, step.key, step.before) : kept + record.AFTER_DIGITS;
    const past: DocWrites = [{ deleteMany: { filter: { _id: { $gte: kept, $lt: end } } } }];
    return { present: step.op === 'remove' ? [{ deleteOne: { filter: { _id: keyText(step.key) } } }] : [], past };
  }
  const { doc, replaced } = step;
  const { _id, ...replacement } = record.docRecord(keyText(doc.key), doc);
  if (!replaced) return { present: [{ insertOne: { document: { _id, ...replacement } } }], past: [] };
  const old = record.docRecord(record.revisionId(doc.kind, doc.key, replaced.revision), replaced);
  return {
    present: [{ replaceOne: { filter: { _id }, replacement } }],
    past: [{ replaceOne: { filter: { _id: old._id }, replacement: old, upsert: true } }],
  };
}

/**
 * Commits of one team meet in its head. A check of a document that other teams write too meets nobody there, so it leaves
 * its mark on the document itself.
 */
function guardWrites(request: NewCommit): readonly (readonly [Kind, DocWrites])[] {
  return request.writes.flatMap((write) => {
    if (write.op !== 'check' || write.expected === null || write.key[0] === request.team) return [];
    const update = { $set: { guard: request.id } };
    return [[write.kind, [{ updateOne: { filter: { _id: keyText(write.key) }, update } }]] as const];
  });
}

async function save(
  { docs, revisions, commits, heads }: Collections,
  session: ClientSession,
  decided: readonly { readonly request: NewCommit; readonly plan: Plan }[],
): Promise<void> {
  const byKind = new Map<Kind, DocWrites>();
  const history: DocWrites = [];
  const add = (kind: Kind, writes: DocWrites): void => {
    byKind.set(kind, [...(byKind.get(kind) ?? []), ...writes]);
  };
  const lastHeads = new Map<string, Head>();
  for (const { request, plan } of decided) {
    for (const [kind, writes] of guardWrites(request)) add(kind, writes);
    for (const step of plan.steps) {
      const { present, past } = writesOf(step);
      add(step.op === 'put' ? step.doc.kind : step.kind, present);
      history.push(...past);
    }
    for (const head of plan.heads) lastHeads.set(keyText(head.scope), head);
  }
  const headWrites = [...lastHeads.values()].map((head) => {
    const { _id, ...replacement } = record.headRecord(head);
    return { replaceOne: { filter: { _id }, replacement, upsert: true } };
  });
  // The heads first: processes that write to one team at once meet there, before either has done its work.
  await heads.bulkWrite(headWrites, { session });
  for (const [kind, writes] of byKind) if (writes.length > 0) await docs(kind).bulkWrite(writes, { session });
  if (history.length > 0) await revisions.bulkWrite(history, { session });
  await commits.insertMany(
    decided.map(({ plan }) => record.commitRecord(plan.commit)),
    { session },
  );
}

/** One transaction's work: each commit decided on top of those before it, those that fail left out. */
export async function applyBatch(deps: BatchDeps, batch: readonly NewCommit[]): Promise<readonly Outcome[]> {
  const { collections, session } = deps;
  const state = await load(collections, session, batch[0]?.team ?? '', batch);
  const decided: { readonly request: NewCommit; readonly plan: Plan }[] = [];
  const outcomes = batch.map((request): Outcome => {
    try {
      const result = decide(deps, state, request);
      if (!('steps' in result)) return result;
      decided.push({ request, plan: result });
      return result.commit;
    } catch (error) {
      if (isAppError(error)) return error;
      throw error;
    }
  });
  if (decided.length > 0) await save(collections, session, decided);
  return outcomes;
}

/** Ids of documents of a kind: those that begin with `prefix`, after `after`. */
export function idRange(prefix: Key, after: Key | undefined): { $gte?: string; $gt?: string; $lt?: string } {
  const start = keyText(prefix);
  return {
    ...(start === '' ? {} : { $gte: start, $lt: afterPrefix(start) }),
    ...(after === undefined ? {} : { $gt: keyText(after) }),
  };
}
