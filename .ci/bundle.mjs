// Puts what `serve` loads at the start into few files: finding and reading hundreds of modules is most of what a start takes.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const built = join(root, 'dist/src');
const bundle = join(root, 'dist/bundle');
const ENTRY = join(built, 'cli/commands/serve.js');

/** Each of these is one module for all who import it: in the bundle, in commands, in plugins and what they share. */
const SHARED = ['kernel/errors.js', 'plugin/contract.js', 'plugin/attempt.js', 'plugin/json-text.js'];

/** Shared with plugins, native, or loaded late as it is. */
const OUTSIDE = ['zod', 'lmdb', 'mongodb', '@graphql-yoga/render-graphiql'];

const house = {
  name: 'house',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.{1,2}\// }, ({ path, resolveDir }) => {
      const place = relative(built, join(resolveDir, path));
      return SHARED.includes(place) ? { path: `../src/${place}`, external: true } : undefined;
    });
    // A module finds what lies beside it (workers, children, shipped plugins) from where it was, not from where the bundle is.
    onLoad({ filter: /dist\/src\/.*\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replaceAll(
        'import.meta.url',
        `placeOf(${JSON.stringify(relative(built, path))})`,
      ),
      loader: 'js',
    }));
  },
};

rmSync(bundle, { recursive: true, force: true });
const { metafile } = await build({
  metafile: true,
  entryPoints: [ENTRY],
  outdir: bundle,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external: OUTSIDE,
  plugins: [house],
  sourcemap: true,
  logLevel: 'warning',
  banner: {
    js: [
      "import { createRequire as requireFor } from 'node:module';",
      'const require = requireFor(import.meta.url);',
      'const placeOf = (path) => new URL(`../src/${path}`, import.meta.url).href;',
    ].join('\n'),
  },
});
/** What of npm is in each file. */
const packages = Object.entries(metafile.outputs).map(([file, { inputs }]) => [
  basename(file),
  [
    ...new Set(Object.keys(inputs).flatMap((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? [])),
  ].sort(),
]);
writeFileSync(join(bundle, 'packages.json'), `${JSON.stringify(Object.fromEntries(packages), null, 2)}\n`);
writeFileSync(ENTRY, `export { serve } from ${JSON.stringify('../../../bundle/serve.js')};\n`);
