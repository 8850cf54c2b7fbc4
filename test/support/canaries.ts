import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BSON, MongoClient } from 'mongodb';

/** Where the canary may lie in something that was encoded as a whole: its digits depend on what stands before it. */
function base64Forms(canary: string): readonly string[] {
  return [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), Buffer.from(canary)]).toString('base64');
    const whole = Math.floor(((before + canary.length) * 8) / 6);
    return text.slice([0, 2, 3][before], whole);
  });
}

/** The ways in which a text could stand in bytes for people to find. */
export function formsOf(canary: string): readonly string[] {
  const hex = Buffer.from(canary).toString('hex');
  const base64 = base64Forms(canary);
  const base64url = base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  const wide = Buffer.from(canary, 'utf16le').toString('latin1');
  return [canary, hex, hex.toUpperCase(), wide, ...base64, ...base64url];
}

/** Which of the canaries are in a text, and where that text is from. */
export function sightings(canaries: readonly string[], texts: ReadonlyMap<string, string>): readonly string[] {
  const found: string[] = [];
  for (const canary of canaries) {
    const forms = formsOf(canary);
    for (const [where, text] of texts)
      if (forms.some((form) => text.includes(form))) found.push(`${canary} in ${where}`);
  }
  return found;
}

/** Every file under a directory, byte for byte. */
export function filesUnder(dir: string): ReadonlyMap<string, string> {
  const names = readdirSync(dir, { recursive: true }).map(String);
  return new Map(
    names
      .filter((name) => statSync(join(dir, name)).isFile())
      .map((name) => [name, readFileSync(join(dir, name)).toString('latin1')]),
  );
}

/** Every document of every collection, as the server keeps it and as a tool would show it. */
export async function documentsIn(url: string, database: string): Promise<ReadonlyMap<string, string>> {
  const client = new MongoClient(url);
  try {
    const texts = new Map<string, string>();
    const db = client.db(database);
    for (const { name } of await db.listCollections().toArray()) {
      const docs = await db.collection(name).find().toArray();
      texts.set(`${name} as bytes`, docs.map((doc) => Buffer.from(BSON.serialize(doc)).toString('latin1')).join('\n'));
      texts.set(`${name} as EJSON`, BSON.EJSON.stringify(docs, { relaxed: false }));
    }
    return texts;
  } finally {
    await client.close();
  }
}

export async function dropDatabase(url: string, database: string): Promise<void> {
  const client = new MongoClient(url);
  await client.db(database).dropDatabase();
  await client.close();
}
