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
  UNREACHABLE: 'Nobody answers there.',
  TIMEOUT: 'The answer does not come in time.',
  TLS: 'The other side is not who it should be, or speaks no TLS.',
  CREDENTIALS: 'The other side does not accept the credentials.',
  REFUSED: 'The operator does not allow to connect there.',
  UNSUPPORTED: 'The provider cannot check it.',
  NOT_FOUND: 'The other side has no such thing.',
  SEALED: 'The other side is sealed, and gives nothing until it is unsealed.',
  BROKEN: 'The other side answers something that cannot be used.',
  PARAMS_INVALID: 'The provider does not take its parameters any more.',
  PROVIDER_MISSING: 'Its provider is not loaded.',
  TOO_LARGE: 'The provider answers too much.',
  FAILED: 'Something else went wrong.',
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
      'Tries whether an addon, or an external one, can be used: one that is stored, or what a form holds. Changes nothing, but connects. Needs `WRITE` on addons.',
    input: (t) => ({
      id: t.id({ description: 'The addon. Absent: project, provider and params are given instead.' }),
      project: t.field({ type: 'Slug', description: 'Slug of the project.' }),
      provider: t.field({ type: 'Slug', description: 'Id of the provider.' }),
      params: t.field({ type: 'JSON', description: 'As the provider takes them: see `addonProviders`.' }),
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
      problem: { type: ProblemEnum, nullable: true, description: 'Why not; null: it can.' },
    },
  });
}
