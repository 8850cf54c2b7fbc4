// Puts what `serve` loads at the start into one file, and keeps what the engine makes of it: finding, reading and compiling hundreds of
// modules is most of what a start takes. Decision 085.
import { execFileSync } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { SHARED } from './shared.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..');
const built = join(root, 'dist/src');
const bundle = join(root, 'dist/bundle');
const ENTRY = join(built, 'cli/commands/serve.js');

/** Native, or loaded late as it is. */
const OUTSIDE = ['lmdb', 'mongodb', '@graphql-yoga/render-graphiql'];

const plugins = readdirSync(join(root, 'dist/plugins'), { withFileTypes: true }).filter((each) => each.isDirectory());
const shipped = plugins.map(({ name }) => `${JSON.stringify(name)}: () => import('./dist/plugins/${name}/index.js')`);
const contents = `export { serve } from './dist/src/cli/commands/serve.js';\nexport const shipped = { ${shipped.join(', ')} };\n`;

const { imports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const house = {
  name: 'house',
  setup({ onResolve, onLoad }) {
    const shared = (path) => {
      const place = relative(built, path);
      return SHARED.includes(place) ? { path: place, external: true } : undefined;
    };
    onResolve({ filter: /^\.{1,2}\// }, ({ path, resolveDir }) => shared(join(resolveDir, path)));
    onResolve({ filter: /^#plugin/ }, ({ path }) => shared(join(root, imports[path])));
    // A module finds what lies beside it (workers, children, drivers of plugins) from where it was, not from where the bundle is.
    onLoad({ filter: /\/dist\/(src|plugins)\/.*\.js$/ }, ({ path }) => {
      const place = `placeOf(${JSON.stringify(relative(built, path))})`;
      return {
        contents: readFileSync(path, 'utf8')
          .replaceAll('import.meta.url', place)
          // What is named by a variable, and drivers, are loaded by the loader, as modules of their own.
          .replaceAll(/\bimport\((?=[A-Za-z_])/g, 'importOf(')
          .replaceAll(path.includes('/dist/plugins/') ? /\bimport\((?=['"]\.)/g : /$^/g, `importOf(${place}, `),
        loader: 'js',
      };
    });
  },
};

rmSync(bundle, { recursive: true, force: true });
const { metafile } = await build({
  metafile: true,
  stdin: { contents, resolveDir: root, sourcefile: 'entry.js' },
  outfile: join(bundle, 'gateway.cjs'),
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  external: OUTSIDE,
  // The loader's `require` in its place, which knows what is shared.
  supported: { 'dynamic-import': false },
  plugins: [house],
  sourcemap: true,
  logLevel: 'warning',
});

/** The engine, what of npm runs at the start, and what only when it is first asked for. */
function packages() {
  const atStart = new Set();
  const visit = (path) => {
    if (atStart.has(path)) return;
    atStart.add(path);
    for (const { path: next, kind, external } of metafile.inputs[path].imports) {
      if (kind !== 'dynamic-import' && !external) visit(next);
    }
  };
  visit('entry.js');
  const named = (paths) =>
    [...new Set(paths.flatMap((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []))].sort();
  const late = Object.keys(metafile.inputs).filter((path) => !atStart.has(path));
  return { v8: process.versions.v8, atStart: named([...atStart]), late: named(late) };
}
writeFileSync(join(bundle, 'packages.json'), `${JSON.stringify(packages(), null, 2)}\n`);
copyFileSync(join(here, 'shared.mjs'), join(bundle, 'shared.mjs'));
copyFileSync(join(here, 'load-bundle.mjs'), join(bundle, 'serve.js'));
writeFileSync(ENTRY, "export { serve } from '../../../bundle/serve.js';\n");
execFileSync(process.execPath, [join(here, 'compile-bundle.mjs')], { stdio: ['ignore', 'ignore', 'inherit'] });

// One begins with every file that is fetched, so each pays what is left here.
await build({
  stdin: {
    contents: "import './git/worker.js';\nexport { openRepository } from './git/fetch-file.js';\n",
    resolveDir: built,
  },
  outfile: join(bundle, 'git.cjs'),
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  logLevel: 'warning',
});
copyFileSync(join(here, 'load-git.cjs'), join(bundle, 'git-worker.cjs'));
execFileSync(process.execPath, [join(here, 'compile-git.mjs')], { stdio: ['ignore', 'ignore', 'inherit'] });
