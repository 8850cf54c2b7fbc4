import { Option } from 'commander';
import { connect } from '../client/connect.ts';
import { askEnvironment, placeOf } from '../client/environment.ts';
import { type Format, formatted } from '../client/output.ts';
import { forWorkload, program } from '../client/program.ts';
import { printable } from '../client/text.ts';

interface Layer {
  readonly rule: string;
  readonly priority: number | null;
  readonly source: Source;
}
type Source =
  | { readonly __typename: 'SecretGroupSource'; readonly group: { readonly slug: string } | null }
  | {
      readonly __typename: 'AddonSource';
      readonly addon: string;
      readonly keyName: string;
      readonly group: { readonly slug: string } | null;
    }
  | { readonly __typename: 'DirectSource' };

interface Explanation {
  readonly name: string;
  readonly outcome: 'PRESENT' | 'ABSENT' | 'ERROR';
  readonly complete: boolean;
  readonly error: { readonly code: string; readonly path: readonly string[] } | null;
  readonly winner: Layer | null;
  readonly shadowed: readonly Layer[];
  readonly excluded: readonly { readonly group: { readonly slug: string }; readonly detail: string }[];
  readonly references: readonly {
    readonly from: string;
    readonly reference: string | null;
    readonly target: string | null;
    readonly status: string;
  }[];
}

const LAYER = `rule priority source { __typename ... on SecretGroupSource { group { slug } }
  ... on AddonSource { addon keyName group { slug } } }`;
const WHY = `explain(kind: $kind, name: $name) { name outcome complete error { code path }
  winner { ${LAYER} } shadowed { ${LAYER} } excluded { group { slug } rule detail }
  references { from reference target status reason } }`;

/** `keyloom explain NAME`: why a workload has a variable, or has it not. No value is shown. */
export async function explain(args: readonly string[]): Promise<readonly string[]> {
  const command = forWorkload(
    program('explain', 'Explains where a variable of a workload comes from, or why it is missing.'),
  )
    .argument('<name>', 'name of the variable, or path of the file')
    .addOption(new Option('-o, --output <format>', 'output format').choices(['json', 'yaml']));
  command.parse(args, { from: 'user' });
  const options = command.opts();
  const [name = ''] = command.args;
  const api = await connect(options);
  const place = await placeOf(api, options as Parameters<typeof placeOf>[1]);
  const kind = name.startsWith('/') ? 'FILE' : 'VARIABLE';
  const { explain: why } = await askEnvironment<{ explain: Explanation }>(api, place, WHY, {
    declared: ', $name: String!, $kind: EntryKind!',
    variables: { name, kind },
  });
  if (options.output) return [(await formatted(why, options.output as Format)).trimEnd()];
  return [
    `${why.name} is ${why.outcome.toLowerCase()}${why.error ? `: ${why.error.code} (${why.error.path.join(' -> ')})` : ''}`,
    ...(why.winner ? [`  from ${sourceOf(why.winner)}`] : []),
    ...why.shadowed.map((layer) => `  not from ${sourceOf(layer)}: overridden`),
    ...why.excluded.map(({ group, detail }) => `  not from group ${group.slug}: ${detail}`),
    ...why.references.map(
      ({ from, reference, target, status }) =>
        `  ${from} refers to ${target ?? reference ?? '?'}: ${status.toLowerCase()}`,
    ),
    ...(why.complete ? [] : ['  there may be groups that you may not list']),
  ].map((line) => printable(line));
}

function sourceOf({ source, priority }: Layer): string {
  const at = priority === null ? '' : ` (priority ${priority})`;
  if (source.__typename === 'DirectSource') return 'the workload itself';
  const group = `group ${source.group?.slug ?? 'that you may not list'}${at}`;
  return source.__typename === 'AddonSource'
    ? `addon ${source.addon}, key ${source.keyName}, linked by ${group}`
    : group;
}
