import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';

/** Bare repositories and commits as git writes them, without a process of git for each. */

const AUTHOR = 'Author <author@example.com>';
const CONFIG = '[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n';

export function initBare(dir: string): void {
  for (const folder of ['hooks', 'info', 'objects/info', 'objects/pack', 'refs/heads', 'refs/tags']) {
    mkdirSync(join(dir, folder), { recursive: true });
  }
  writeFileSync(join(dir, 'HEAD'), 'ref: refs/heads/main\n');
  writeFileSync(join(dir, 'config'), CONFIG);
}

/** What one sees in the place of the other is whole. */
function replace(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, content);
  renameSync(`${path}.new`, path);
}

function addObject(dir: string, type: 'blob' | 'tree' | 'commit', content: Uint8Array): string {
  const whole = Buffer.concat([Buffer.from(`${type} ${content.byteLength}\0`), content]);
  const oid = createHash('sha1').update(whole).digest('hex');
  const path = join(dir, 'objects', oid.slice(0, 2), oid.slice(2));
  if (!existsSync(path)) replace(path, deflateSync(whole));
  return oid;
}

/** Files by their path, with the ids of their content. */
type Files = ReadonlyMap<string, string>;

interface Entry {
  readonly mode: string;
  readonly name: string;
  readonly oid: string;
}

/** As git sorts them: a folder as if its name ended with a slash. */
const sortKey = ({ mode, name }: Entry): Buffer => Buffer.from(mode === '40000' ? `${name}/` : name);

function addTree(dir: string, files: Files): string {
  const folders = new Map<string, Map<string, string>>();
  const entries: Entry[] = [];
  for (const [path, oid] of files) {
    const [first = '', ...rest] = path.split('/');
    if (rest.length === 0) entries.push({ mode: '100644', name: first, oid });
    else {
      const inside = folders.get(first) ?? new Map<string, string>();
      folders.set(first, inside.set(rest.join('/'), oid));
    }
  }
  for (const [name, inside] of folders) entries.push({ mode: '40000', name, oid: addTree(dir, inside) });
  entries.sort((a, b) => Buffer.compare(sortKey(a), sortKey(b)));
  const lines = entries.flatMap(({ mode, name, oid }) => [Buffer.from(`${mode} ${name}\0`), Buffer.from(oid, 'hex')]);
  return addObject(dir, 'tree', Buffer.concat(lines));
}

export interface Head {
  readonly commit: string;
  readonly files: Files;
}

/** A commit upon `head`, as the last one of the branch. Files that are null are taken away. */
export function addCommit(
  dir: string,
  head: Head | null,
  changes: Readonly<Record<string, string | Uint8Array | null>>,
  branch: string,
): Head {
  const files = new Map(head?.files);
  for (const [path, content] of Object.entries(changes)) {
    if (content === null) files.delete(path);
    else files.set(path, addObject(dir, 'blob', Buffer.from(content)));
  }
  const at = `${AUTHOR} ${Math.floor(Date.now() / 1_000)} +0000`;
  const parent = head ? `parent ${head.commit}\n` : '';
  const text = `tree ${addTree(dir, files)}\n${parent}author ${at}\ncommitter ${at}\n\na change\n`;
  const commit = addObject(dir, 'commit', Buffer.from(text));
  replace(join(dir, 'refs/heads', branch), `${commit}\n`);
  return { commit, files };
}
