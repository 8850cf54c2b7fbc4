import type { Session } from '../../access/session.ts';
import { type Allowed, allowedById, allowedInProject } from '../../graphql/types/allowed.ts';
import type { Builder } from '../../graphql/types/builder.ts';
import type { Context } from '../../graphql/types/context.ts';
import { groupAddress, idRule } from '../../graphql/types/ids.ts';
import { addAction } from '../../graphql/types/mutation.ts';
import type { Problem } from './check.ts';
import { testAddonInput } from './inputs.ts';
import { NOUN } from './model.ts';
import { types } from './types.ts';
import { WORDS } from './words.ts';

const PROBLEMS: Readonly<Record<Problem, string>> = {
  UNREACHABLE: 'No connection to the backing service.',
  TIMEOUT: 'No answer came in time.',
  TLS: 'The backing service has no valid certificate, or does not speak TLS.',
  CREDENTIALS: 'The backing service rejected the credentials.',
  REFUSED: 'The operator does not allow connections to this address.',
  UNSUPPORTED: 'The provider has no check.',
  NOT_FOUND: 'The backing service does not have what the parameters name.',
  SEALED: 'The backing service is sealed and gives nothing until it is unsealed.',
  BROKEN: 'The backing service gave an answer that cannot be used.',
  PARAMS_INVALID: 'The provider no longer accepts the parameters.',
  PROVIDER_MISSING: 'Its provider is not loaded.',
  TOO_LARGE: 'The answer is too large.',
  FAILED: 'Any other failure.',
};

const ProblemEnum = types.enumType('AddonProblem', {
  description: 'Why an addon cannot be used.',
  values: Object.fromEntries(Object.entries(PROBLEMS).map(([code, description]) => [code, { description }])) as Record<
    Problem,
    { description: string }
  >,
});

/** Ids of both kinds are taken. */
function problemOf(input: ReturnType<typeof testAddonInput.parse>, session: Session, check: Checks) {
  const { id, project, provider, params } = input;
  if (!id) return check.draft({ project: project ?? '', provider: provider ?? '', params: params ?? {} }, session);
  const found = WORDS.map(({ kind, type }) => ({ kind, local: idRule(type).parse(id) }));
  const { kind, local } = found.find((each) => each.local !== '') ?? { kind: 'addon' as const, local: '' };
  return check.stored({ kind, ...groupAddress(local) }, session);
}
/** Of a form by its project; of an addon that is there by its id, of either kind. */
const allowedTest: Allowed = (input) => {
  const { id } = input;
  if (!id) return allowedInProject('write', 'addon')(input);
  const asked = WORDS.map(({ kind, type }) => allowedById('write', 'addon', type, NOUN[kind])(input));
  const [first] = asked;
  const found = asked.find(({ place }) => place.in === 'project' && place.project !== '') ?? first;
  return found ?? allowedInProject('write', 'addon')(input);
};

type Checks = Context['services']['addons']['check'];

export function addTestAddon(builder: Builder): void {
  addAction(builder, {
    name: 'testAddon',
    description:
      'Checks whether an addon or external addon can be used: a stored one, or given parameters. Connects to the backing service and changes nothing. Requires `WRITE` on addons.',
    input: (t) => ({
      id: t.id({ description: 'The addon. If absent, `project`, `provider` and `params` are required.' }),
      project: t.field({ type: 'Slug', description: 'Slug of the project.' }),
      provider: t.field({ type: 'Slug', description: 'Id of the provider.' }),
      params: t.field({
        type: 'JSON',
        description: "Parameters that fit the provider's schema: see `addonProviders`.",
      }),
    }),
    allowed: allowedTest,
    rules: testAddonInput,
    failures: ['notFound'],
    run: async (input, { services, session }) => {
      const problem = await problemOf(input, session, services.addons.check);
      return { reachable: problem === null, problem };
    },
    payload: {
      reachable: { type: 'Boolean', description: 'Whether it can be used.' },
      problem: { type: ProblemEnum, nullable: true, description: 'Why it cannot be used; null if it can.' },
    },
  });
}
