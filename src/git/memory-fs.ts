function failure(code: 'ENOENT' | 'ENOTSUP'): Error {
  return Object.assign(new Error(code), { code });
}

const statOf = (file: Uint8Array | null) => ({
  type: file ? 'file' : 'dir',
  mode: file ? 0o100644 : 0o040000,
  size: file?.byteLength ?? 0,
  ino: 0,
  uid: 0,
  gid: 0,
  dev: 0,
  mtimeMs: 0,
  ctimeMs: 0,
  isFile: () => file !== null,
  isDirectory: () => file === null,
  isSymbolicLink: () => false,
});

/**
 * What of `node:fs` isomorphic-git asks for, in memory: nothing that a repository holds ever reaches a disk.
 * `check` sees every file before it is kept, and throws to refuse it. Directories are there as soon as something lies in them.
 */
export function createMemoryFs(check: (path: string, bytes: Uint8Array) => void) {
  const files = new Map<string, Uint8Array>();
  const childrenOf = (path: string): readonly string[] => {
    const prefix = path.endsWith('/') ? path : `${path}/`;
    const names = [...files.keys()].filter((name) => name.startsWith(prefix));
    return [...new Set(names.map((name) => name.slice(prefix.length).split('/')[0] ?? ''))];
  };
  async function stat(path: string) {
    const file = files.get(path);
    if (!file && childrenOf(path).length === 0) throw failure('ENOENT');
    return statOf(file ?? null);
  }
  return {
    promises: {
      async readFile(path: string, options?: string | { readonly encoding?: string }) {
        const file = files.get(path);
        if (!file) throw failure('ENOENT');
        const encoding = typeof options === 'string' ? options : options?.encoding;
        return encoding === 'utf8' ? Buffer.from(file).toString('utf8') : Buffer.from(file);
      },
      async writeFile(path: string, data: string | Uint8Array) {
        const bytes = typeof data === 'string' ? Buffer.from(data) : data;
        check(path, bytes);
        files.set(path, bytes);
      },
      async unlink(path: string) {
        files.delete(path);
      },
      async readdir(path: string) {
        return childrenOf(path);
      },
      async mkdir() {},
      async rmdir() {},
      stat,
      lstat: stat,
      async readlink() {
        throw failure('ENOTSUP');
      },
      async symlink() {
        throw failure('ENOTSUP');
      },
    },
  };
}
