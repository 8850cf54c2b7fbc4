// dist/bundle/git-worker.cjs: runs the bundle of a git worker from what the engine kept of it, as serve.js does the gateway's.
const { existsSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
const { cachedDataVersionTag } = require('node:v8');
const { Script } = require('node:vm');

const filename = join(__dirname, 'git.cjs');
// By engine and flags: a worker shares those of its process.
const kept = join(__dirname, `git.${cachedDataVersionTag()}.cache`);
const script = new Script(`(function (exports, module, require) {${readFileSync(filename, 'utf8')}\n})`, {
  filename,
  cachedData: existsSync(kept) ? readFileSync(kept) : undefined,
});
const bundle = { exports: {} };
script.runInThisContext()(bundle.exports, bundle, require);
module.exports = { script, bundle: bundle.exports };
