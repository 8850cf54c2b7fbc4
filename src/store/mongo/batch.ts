import { type AnyBulkWriteOperation, Binary, type ClientSession } from 'mongodb';
import { type AppError, isAppError } from '../../kernel/errors.ts';
import type { Quotas } from '../kept.ts';
import { afterPrefix, keyText, scopeOf } from '../keys.ts';
import { type Known, type Plan, planCommit, scopesOf } from '../plan.ts';
import type { Commit, Doc, Key, Kind, Mac, NewCommit, Step, TeamId } from '../port.ts';
import { type Beside, emptyBeside, headWrites, knownOf, loadHeads, sumWrites, take } from './beside.ts';
import type { Collections } from './collections.ts';
import { loadPast, type Past } from './past.ts';
import * as record from './records.ts';

/** A commit that was made before, or now: that with all that it wrote. */
export type Outcome = Commit | Plan | AppError;

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
  readonly beside: Beside;
  readonly byId: Map<string, Commit>;
  readonly numbers: Set<number>;
}

type DocWrites = AnyBulkWriteOperation<record.DocRecord>[];

const nameOf = (kind: Kind, key: Key): string => `${kind}\0${keyText(key)}`;

/** Everything that the batch's decisions rest on, in one read a collection. */
async function load(
  { docs, revisions, commits, heads, sums }: Collections,
  session: ClientSession,
  team: TeamId,
  batch: readonly NewCommit[],
): Promise<State> {
  const past = await loadPast(revisions, session, batch);
  const state: State = { docs: new Map(), past, beside: emptyBeside(), byId: new Map(), numbers: new Set() };
  await loadHeads(heads, session, batch.flatMap(scopesOf), state.beside);
  const sumIds = batch.flatMap(({ writes }) => writes.map(({ kind, key }) => record.sumId(scopeOf(team, key), kind)));
  for await (const found of sums.find({ _id: { $in: [...new Set(sumIds)] } }, { session })) {
    state.beside.sums.set(found._id, record.stateOf(found));
  }
  const next = (state.beside.heads.get(keyText([team]))?.seq ?? 0) + 1;
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
    ...knownOf(state.beside),
    past: (kind, key, below) => state.past.bytes(kind, key, below),
    hasCommit: (seq) => state.numbers.has(seq),
    rootLags: true,
  };
  const plan = planCommit(mac, request, known, quotas);
  for (const step of plan.steps) {
    state.past.move(step);
    if (step.op !== 'remove') state.docs.set(nameOf(step.doc.kind, step.doc.key), step.doc);
    else state.docs.set(nameOf(step.kind, step.key), null);
  }
  take(state.beside, plan);
  state.byId.set(request.id, plan.commit);
  state.numbers.add(plan.commit.seq);
  return plan;
}

/** The writes of one step: to the document's collection, and to the revisions. */
function writesOf(step: Step): { readonly present: DocWrites; readonly past: DocWrites } {
  const erased = (kind: Kind, key: Key, end: string): DocWrites => [
    { deleteMany: { filter: { _id: { $gte: record.revisionsOf(kind, key), $lt: end } } } },
  ];
  if (step.op === 'remove') {
    const { kind, key } = step;
    const past = erased(kind, key, record.revisionsOf(kind, key) + record.AFTER_DIGITS);
    return { present: [{ deleteOne: { filter: { _id: keyText(key) } } }], past };
  }
  if (step.op === 'purge') {
    const { kind, key, since, leaf } = step.doc;
    const update = { $set: { since, leaf: new Binary(leaf) } };
    const past = erased(kind, key, record.revisionId(kind, key, since));
    return { present: [{ updateOne: { filter: { _id: keyText(key) }, update } }], past };
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
  { docs, revisions, commits, heads, sums }: Collections,
  session: ClientSession,
  decided: readonly { readonly request: NewCommit; readonly plan: Plan }[],
): Promise<void> {
  const byKind = new Map<Kind, DocWrites>();
  const history: DocWrites = [];
  const add = (kind: Kind, writes: DocWrites): void => {
    byKind.set(kind, [...(byKind.get(kind) ?? []), ...writes]);
  };
  const last = emptyBeside();
  for (const { request, plan } of decided) {
    for (const [kind, writes] of guardWrites(request)) add(kind, writes);
    for (const step of plan.steps) {
      const { present, past } = writesOf(step);
      add(step.op === 'remove' ? step.kind : step.doc.kind, present);
      history.push(...past);
    }
    take(last, plan);
  }
  // The heads first: processes that write to one team at once meet there, before either has done its work.
  await heads.bulkWrite(headWrites(last), { session });
  if (last.sums.size > 0) await sums.bulkWrite(sumWrites(last), { session });
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
      return result;
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
