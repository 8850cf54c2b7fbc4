import type { Db, Document } from 'mongodb';
import { MongoServerError } from 'mongodb';
import { unavailable } from '../../kernel/errors.ts';
import { FORMAT, otherFormat } from '../format.ts';
import type { Kind } from '../port.ts';
import { FORMAT_ID, type MetaRecord } from './records.ts';

const NAMESPACE_EXISTS = 48;

const text = { bsonType: 'string' };
const bytes = { bsonType: 'binData' };
const flag = { bsonType: 'bool' };
const number = { bsonType: ['int', 'long', 'double'], minimum: 0 };

const strict = (properties: Document, optional: Document = {}): Document => ({
  bsonType: 'object',
  required: Object.keys(properties),
  properties: { ...properties, ...optional },
  additionalProperties: false,
});
const listOf = (items: Document): Document => ({ bsonType: 'array', items });

const DOC = strict(
  {
    _id: text,
    revision: number,
    seq: number,
    deleted: flag,
    fields: text,
    body: bytes,
    tag: bytes,
    since: number,
    leaf: bytes,
  },
  { guard: text },
);
const COMMIT = strict({
  _id: text,
  id: text,
  team: text,
  seq: number,
  at: text,
  actor: text,
  operation: text,
  touched: listOf(strict({ kind: text, key: listOf(text), revision: number })),
  cut: listOf(strict({ kind: text, key: listOf(text), since: number })),
  mac: bytes,
});
const HEAD = strict({
  _id: text,
  seq: number,
  chain: bytes,
  start: strict({ seq: number, mac: bytes }),
  below: strict({ digest: bytes, count: number }),
  sets: listOf(strict({ kind: text, sum: bytes, count: number, seq: number })),
  bytes: number,
  mac: bytes,
});
const NODE = strict({ _id: text, node: bytes });
const SUM = strict({ _id: text, state: bytes });
const META = strict({ _id: text, value: number });

/** Every collection with the shape of what it may hold, but for those of one kind of documents: they are made when needed. */
const COLLECTIONS: ReadonlyMap<string, Document> = new Map<string, Document>([
  ['revisions', DOC],
  ['commits', COMMIT],
  ['heads', { oneOf: [HEAD, NODE] }],
  ['sums', SUM],
  ['meta', META],
]);

async function create(db: Db, name: string, validator: Document): Promise<void> {
  try {
    await db.createCollection(name, { validator });
  } catch (error) {
    // Another process that starts at the same time may have made it.
    if (!(error instanceof MongoServerError && error.code === NAMESPACE_EXISTS)) throw error;
  }
}

async function ensureCollection(db: Db, name: string, $jsonSchema: Document, existing?: Document): Promise<void> {
  const validator = { $jsonSchema };
  if (!existing) await create(db, name, validator);
  else if (JSON.stringify(existing.validator) !== JSON.stringify(validator))
    await db.command({ collMod: name, validator });
}

/** The collection of a kind. No transaction can make it. */
export async function ensureKind(db: Db, kind: Kind): Promise<void> {
  const [found] = await db.listCollections({ name: kind }).toArray();
  await ensureCollection(db, kind, DOC, found && ('options' in found ? (found.options as Document) : {}));
}

async function ensureFormat(db: Db): Promise<void> {
  const meta = db.collection<MetaRecord>('meta');
  await meta.updateOne({ _id: FORMAT_ID }, { $setOnInsert: { value: FORMAT } }, { upsert: true });
  const format = (await meta.findOne({ _id: FORMAT_ID }))?.value ?? FORMAT;
  if (format !== FORMAT) throw unavailable(`The database has format ${format}, ${otherFormat}`);
}

/** Makes what is missing. A database of another format is refused before anything in it changes. */
export async function ensureSchema(db: Db): Promise<void> {
  const existing = new Map(
    (await db.listCollections().toArray()).map((c) => [c.name, 'options' in c ? c.options : {}]),
  );
  if (existing.has('meta')) await ensureFormat(db);
  for (const [name, shape] of COLLECTIONS) await ensureCollection(db, name, shape, existing.get(name));
  await ensureFormat(db);
  await db.collection('commits').createIndex({ team: 1, id: 1 }, { unique: true });
}
