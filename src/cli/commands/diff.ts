import { Option } from 'commander';
import { connect } from '../client/connect.ts';
import { askEnvironment } from '../client/environment.ts';
import { EXIT, Failure } from '../client/failure.ts';
import { program } from '../client/program.ts';
import type { Place } from '../client/resolved.ts';
import { printable } from '../client/text.ts';

/** `keyloom diff A B`: which keys two workloads do not both have; with `--values` also which differ. No value is shown. */
export async function diff(args: readonly string[]): Promise<readonly string[]> {
  const command = program('diff', 'Compares what two workloads get, by names.')
    .argument('<one>', 'project/service/id or project/job/id')
    .argument('<other>', 'the other workload, in the same form')
    .addOption(
      new Option('--scope <scope>', 'scope of the environments').choices(['runtime', 'build']).default('runtime'),
    )
    .option('--values', 'compare values too')
    .option('--exit-code', `end with ${EXIT.different} where they differ`);
  command.parse(args, { from: 'user' });
  const options = command.opts();
  const api = await connect(options);
  const places = command.args.map((address) => placeAt(address, options.scope));
  const [one, other] = await Promise.all(places.map((place) => entries(api, place, options.values === true)));
  if (!one || !other) throw new Failure('usage', 'give two workloads');
  const lines = [...new Set([...one.keys(), ...other.keys()])].sort().flatMap((name) => {
    if (!other.has(name)) return [`- ${name}`];
    if (!one.has(name)) return [`+ ${name}`];
    return one.get(name) === other.get(name) ? [] : [`~ ${name}`];
  });
  if (options.exitCode && lines.length > 0) process.exitCode = EXIT.different;
  return options.quiet ? [] : lines.map((line) => printable(line));
}

function placeAt(address: string, scope: string): Place {
  const [project = '', kind = '', id = '', ...rest] = address.split('/');
  const kinds: Readonly<Record<string, Place['kind']>> = {
    service: 'SERVICE',
    services: 'SERVICE',
    job: 'JOB',
    jobs: 'JOB',
  };
  const known = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (!known || project === '' || id === '' || rest.length > 0) {
    throw new Failure('usage', 'a workload is given as project/service/id or project/job/id');
  }
  return { project, kind: known, id, scope: scope === 'build' ? 'BUILD' : 'RUNTIME' };
}

/** Variables by name and files by path, with what is compared of them. */
async function entries(
  api: Parameters<typeof askEnvironment>[0],
  place: Place,
  values: boolean,
): Promise<ReadonlyMap<string, string>> {
  const found = await askEnvironment<{
    readonly variables: readonly { readonly name: string; readonly value?: string | null; readonly masked: boolean }[];
    readonly files: readonly { readonly path: string; readonly data?: string | null; readonly masked: boolean }[];
  }>(api, place, `variables { name masked ${values ? 'value' : ''} } files { path masked ${values ? 'data' : ''} }`);
  const all = [
    ...found.variables.map(({ name, value, masked }) => ({ name, text: value ?? '', masked })),
    ...found.files.map(({ path, data, masked }) => ({ name: path, text: data ?? '', masked })),
  ];
  const masked = all.filter((it) => it.masked).map(({ name }) => name);
  if (values && masked.length > 0) throw new Failure('access', printable(`you may not read ${masked.join(', ')}`));
  return new Map(all.map(({ name, text }) => [name, values ? text : '']));
}
