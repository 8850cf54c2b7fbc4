// Fetches a file once, from a repository in memory, and keeps the functions that the engine compiled for that.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cachedDataVersionTag } from 'node:v8';
import git from 'isomorphic-git';
import { createMemoryFs } from '../dist/src/git/memory-fs.js';

const { script, bundle } = createRequire(import.meta.url)('../dist/bundle/git-worker.cjs');

const at = { fs: createMemoryFs(() => {}), gitdir: '/repository' };
await git.init({ ...at, bare: true });
const blob = await git.writeBlob({ ...at, blob: Buffer.from('{"values": {}}') });
const file = { mode: '100644', path: 'app.json', oid: blob, type: 'blob' };
const tree = await git.writeTree({ ...at, tree: [file] });
const author = { name: 'A', email: 'a@example.com', timestamp: 0, timezoneOffset: 0 };
const commit = await git.writeCommit({
  ...at,
  commit: { message: 'A file', tree, parent: [], author, committer: author },
});

const line = (bytes) => Buffer.concat([Buffer.from((bytes.length + 4).toString(16).padStart(4, '0')), bytes]);
/** What is wanted, as version 2 of the protocol sends it. */
async function answer(oids) {
  const { packfile } = await git.packObjects({ ...at, oids });
  const body = [line(Buffer.from('packfile\n')), line(Buffer.from([1, ...packfile])), Buffer.from('0000')];
  return { status: 200, contentType: '', location: null, body: Buffer.concat(body) };
}
const ask = ({ body }) => answer(String(body).includes(`want ${blob}`) ? [blob] : [commit, tree]);
const bounds = { unpackedBytes: 1_000_000, objects: 100, fileBytes: 1_000_000 };
const repository = { repoUrl: 'https://example.com/a.git', branch: 'main', commit, canFilter: true };
const order = { ...repository, ...bounds, filePath: '/app.json', last: null, signers: [] };
const { file: content } = await bundle.openRepository(order, ask);
if (Buffer.from(await content()).toString() !== '{"values": {}}')
  throw new Error('The git worker does not read what was written');
const kept = new URL(`../dist/bundle/git.${cachedDataVersionTag()}.cache`, import.meta.url);
writeFileSync(kept, script.createCachedData());
