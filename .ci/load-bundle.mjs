// dist/bundle/serve.js: runs the bundle from what the engine kept of it, or, where that is another engine's, from its text.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { SHARED } from './shared.mjs';

const PARAMETERS = 'exports, module, require, placeOf, importOf';

const pathOf = (name) => fileURLToPath(new URL(name, import.meta.url));
const placeOf = (path) => new URL(`../src/${path}`, import.meta.url).href;
const requireHere = createRequire(import.meta.url);
const shared = new Map(
  await Promise.all(SHARED.map(async (path) => [path, { __esModule: true, ...(await import(placeOf(path))) }])),
);
const require = (name) => shared.get(name) ?? requireHere(name);

const module = { exports: {} };
/** Imports a module by its address, or by a path and the address that it starts from. A shipped plugin is in the bundle. */
function importOf(from, path) {
  if (path !== undefined) return import(new URL(path, from).href);
  const [, name] = /\/dist\/plugins\/([^/]+)\/index\.js$/.exec(from) ?? [];
  const isShipped = name !== undefined && from === placeOf(`../plugins/${name}/index.js`);
  return isShipped && Object.hasOwn(module.exports.shipped, name) ? module.exports.shipped[name]() : import(from);
}

const file = pathOf('gateway.cjs');
const kept = pathOf('gateway.cache');
export const script = new Script(`(function (${PARAMETERS}) {${readFileSync(file, 'utf8')}\n})`, {
  filename: file,
  cachedData: existsSync(kept) ? readFileSync(kept) : undefined,
});
script.runInThisContext()(module.exports, module, require, placeOf, importOf);
export const { serve } = module.exports;
