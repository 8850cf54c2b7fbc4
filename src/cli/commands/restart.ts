import { Option } from 'commander';
import { REFUSAL } from '../client/api.ts';
import { connect } from '../client/connect.ts';
import { Failure } from '../client/failure.ts';
import { note, program } from '../client/program.ts';
import { printable } from '../client/text.ts';

interface Answer {
  readonly restart: {
    readonly requests: { readonly nodes: readonly { readonly workloadKind: string; readonly workloadId: string }[] };
  };
}

/** `keyloom restart SECRET`: asks for a restart of whatever inherits a secret group, or draws on a global secret. */
export async function restart(args: readonly string[]): Promise<readonly string[]> {
  const command = program(
    'restart',
    'Requests a restart of the workloads that inherit a secret group or refer to a global secret.',
  )
    .argument('<id>', 'slug of the secret group, or with --global of the global secret')
    .option('-p, --project <slug>', 'project of the secret group')
    .addOption(new Option('--projectId <slug>').hideHelp())
    .option('--global', 'the slug is that of a global secret')
    .option('--reason <text>', 'reason, for people');
  command.parse(args, { from: 'user' });
  const options = command.opts();
  const [slug = ''] = command.args;
  const project: string | undefined = options.project ?? options.projectId ?? process.env.KEYLOOM_PROJECT;
  if (!options.global && project === undefined)
    throw new Failure('usage', 'missing project: give --project, or --global');
  const api = await connect(options);
  const found = options.global
    ? await api.ask<Found>('query ($slug: Slug!) { it: globalSecret(slug: $slug) { id } }', { slug })
    : ((
        await api.ask<{ project: Found | null }>(
          'query ($project: Slug!, $slug: Slug!) { project(slug: $project) { it: secretGroup(slug: $slug) { id } } }',
          { project, slug },
        )
      ).project ?? { it: null });
  if (!found.it) throw new Failure('notFound', printable(`there is no secret ${slug}, or you may not see it`));
  const input = { source: found.it.id, ...(options.reason === undefined ? {} : { reason: options.reason }) };
  const { restart: made } = await api.change<Answer>(
    `mutation ($input: RestartDependentsInput!) { restartDependents(input: $input) { __typename ${REFUSAL}
      ... on RestartDependentsPayload { restart { requests(first: 100) { nodes { workloadKind workloadId } } } } } }`,
    { input },
  );
  const { nodes } = made.requests;
  note(options)(`to restart: ${nodes.length === 100 ? '100 or more' : nodes.length}`);
  return options.quiet
    ? []
    : nodes.map(({ workloadKind, workloadId }) => printable(`${workloadKind.toLowerCase()} ${workloadId}`));
}

interface Found {
  readonly it: { readonly id: string } | null;
}
