import { reveal } from '../../audit/reveal.ts';
import { revealRows } from '../../audit/written-rows.ts';
import type { Scope, UnresolvedReference } from '../../domain/types.ts';
import { type AskedField, atOnce, LATER, type WriteAtOnce, writtenAtOnce } from '../../graphql/types/at-once.ts';
import type { Builder } from '../../graphql/types/builder.ts';
import type { Context } from '../../graphql/types/context.ts';
import { EncodingEnum, SensitivityEnum } from '../../graphql/types/fields.ts';
import { costOfList, listed } from '../../graphql/types/listed.ts';
import { ScopeEnum } from '../../graphql/types/scope.ts';
import { spendNow } from '../../kernel/work.ts';
import { idOf } from '../../vault/document.ts';
import type { StoredWorkload } from '../workloads/model.ts';
import { workloads } from '../workloads/types.ts';
import { addExplanations, WarningType } from './explanation-schema.ts';
import { rowFormOf } from './rows.ts';
import { sightOf } from './sight.ts';
import { ErrorType, SourceUnion } from './source-schema.ts';
import { types } from './types.ts';
import { EnvironmentView, type FileView, fileViews, ShownVariable, unresolvedViews, warningViews } from './views.ts';

export async function environmentOf(
  { key, kind }: Pick<StoredWorkload, 'key' | 'kind'>,
  { scope, at }: { readonly scope: Scope; readonly at?: number | null | undefined },
  { services, session, notRepeatable }: Context,
): Promise<EnvironmentView> {
  const ask = { project: key[1] ?? '', kind, id: idOf(key), scope, at: at ?? null };
  const environment = await services.resolutions.environment(ask, session);
  if (environment.volatile) notRepeatable();
  const sight = sightOf(ask, session);
  return new EnvironmentView(environment, sight);
}

/** The same within a turn. */
function environmentNow(
  workload: StoredWorkload,
  { scope, at }: { readonly scope: Scope; readonly at?: number | null | undefined },
  { services, session }: Context,
): EnvironmentView | typeof LATER {
  const ask = { project: workload.key[1] ?? '', kind: workload.kind, id: idOf(workload.key), scope, at: at ?? null };
  const environment = services.resolutions.environmentNow(ask, workload, session);
  return environment && !environment.volatile ? new EnvironmentView(environment, sightOf(ask, session)) : LATER;
}

/** Writes fields of variables without a view for each. */
function variablesWritten(fields: readonly AskedField[], typename: string): WriteAtOnce<EnvironmentView> | null {
  const form = rowFormOf(fields, typename);
  if (form === null) return null;
  return ({ environment, sight, subject }, context) => {
    const { under, over } = context.services.resolutions.rowsOf(environment.resolution, form, sight);
    const isPaid = spendNow(context.session.work, costOfList(under.countWith(over)));
    return isPaid ? revealRows(context, subject, under, over) : null;
  };
}

const files = ({ environment, sight }: EnvironmentView, part: 'files' | 'mounts', { services, session }: Context) =>
  fileViews(environment, environment.resolution[part], sight, (file) =>
    services.resolutions.fileBytes(environment, file, session),
  );

const ResolvedVariableType = types.objectRef<ShownVariable>('ResolvedVariable').implement({
  description: 'A variable that the workload gets.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name.' }),
    // A property and no resolver: every answer of every workload reads all of them.
    value: t.exposeString('value', {
      nullable: true,
      description: 'Its value with templates expanded; null when masked or in error.',
    }),
    masked: t.exposeBoolean('masked', { description: 'True if you may not see the value.' }),
    type: t.field({
      type: SensitivityEnum,
      description: '`SECRET` if its source is, or anything that its template draws in.',
      resolve: ({ view }) => view.type,
    }),
    source: t.field({ type: SourceUnion, description: 'Where it was written.', resolve: ({ view }) => view.source }),
    error: t.field({
      type: ErrorType,
      nullable: true,
      description: 'Why it has no value; null if it has one, and when masked.',
      resolve: ({ view }) => view.error,
    }),
  }),
});

function fileType(name: string, description: string, nameField: 'path' | 'name', nameWords: string) {
  return types.objectRef<FileView>(name).implement({
    description,
    fields: (t) => ({
      [nameField]: t.string({ description: nameWords, resolve: ({ file }) => file.name }),
      encoding: t.field({
        type: EncodingEnum,
        description: 'Encoding of the content.',
        resolve: ({ file }) => file.entry.encoding,
      }),
      data: t.field({
        type: 'Base64',
        nullable: true,
        description: 'The content with templates expanded; null when masked or in error.',
        resolve: async ({ data }, _args, context) => {
          const bytes = await reveal(context, data);
          return bytes && Buffer.from(bytes).toString('base64');
        },
      }),
      masked: t.boolean({ description: 'True if you may not see the content.', resolve: ({ data }) => !data.isSeen }),
      type: t.field({
        type: SensitivityEnum,
        description: '`SECRET` if its source is, or anything that its template draws in.',
        resolve: ({ type }) => type,
      }),
      source: t.field({
        type: SourceUnion,
        description: 'Where it was written.',
        resolve: ({ environment, file }) => ({ project: environment.ask.project, source: file.source }),
      }),
      error: t.field({
        type: ErrorType,
        nullable: true,
        description: 'Why it has no content; null if it has one, and when masked.',
        resolve: ({ error }) => error,
      }),
    }),
  });
}
const ResolvedFileType = fileType('ResolvedFile', 'A file that the workload gets.', 'path', 'Absolute path.');
const ResolvedMountType = fileType(
  'ResolvedMount',
  'A Docker secret mount that the build gets.',
  'name',
  'Name of the mount.',
);

const UnresolvedType = types.objectRef<UnresolvedReference>('UnresolvedReference').implement({
  description:
    'A reference that refers to nothing and stays as written, or a linked key without a value. Those in texts that are masked for you are left out.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The variable or file that holds it.' }),
    reference: t.exposeString('reference', {
      nullable: true,
      description: 'As written; of a linked key, `addon/<id>/<key>`. Never null.',
    }),
    reason: t.exposeString('reason', {
      description:
        'The reason, for programs: `UNKNOWN_VARIABLE`, `ADDON_NOT_FOUND`, `VALUE_INVALID`, ... Instead of `PROVIDER_FAILED`, those who may list addons see `PROVIDER_NOT_FOUND`, `PROVIDER_SEALED`, `PROVIDER_DENIED`, `PROVIDER_UNREACHABLE`, `PROVIDER_REFUSED` (by the operator) or `PROVIDER_BROKEN` (an answer that cannot be used).',
    }),
  }),
});

export const EnvironmentType = types.objectRef<EnvironmentView>('ResolvedEnvironment').implement({
  description: 'Everything that a workload gets in a scope.',
  fields: (t) => ({
    workload: t.field({
      type: workloads.workload,
      description: 'The workload.',
      resolve: ({ environment }) => environment.workload,
    }),
    scope: t.field({
      type: ScopeEnum,
      description: 'The scope.',
      extensions: atOnce(({ environment }: EnvironmentView) => environment.ask.scope),
      resolve: ({ environment }) => environment.ask.scope,
    }),
    seq: t.field({
      type: 'SafeInt',
      description: 'Number of the commit that it was computed at.',
      extensions: atOnce(({ environment }: EnvironmentView) => environment.seq),
      resolve: ({ environment }) => environment.seq,
    }),
    digest: t.string({
      description:
        'Keyed hash of the environment: equal digests mean that nothing changed for the workload. A viewer who does not see all values gets a digest of what they see, which also changes when the source of a masked key is written.',
      extensions: atOnce(({ environment, sight }: EnvironmentView, _args, { services }) =>
        services.resolutions.digestFor(environment, sight),
      ),
      resolve: ({ environment, sight }, _args, { services }) => services.resolutions.digestFor(environment, sight),
    }),
    variables: t.field({
      type: [ResolvedVariableType],
      description: 'Its variables by name.',
      extensions: writtenAtOnce(variablesWritten),
      resolve: ({ variables }, _args, context) =>
        listed(
          variables.map((view) => new ShownVariable(view, context)),
          context,
        ),
    }),
    variable: t.field({
      type: ResolvedVariableType,
      nullable: true,
      description: 'One variable; null if there is none, and then `explain` says why.',
      args: { name: t.arg.string({ required: true, description: 'Its name.' }) },
      resolve({ variables }, { name }, context) {
        const view = variables.find((variable) => variable.name === name);
        return view ? new ShownVariable(view, context) : null;
      },
    }),
    files: t.field({
      type: [ResolvedFileType],
      description: 'Its files by path.',
      resolve: (view, _args, context) => listed(files(view, 'files', context), context),
    }),
    dockerSecretMounts: t.field({
      type: [ResolvedMountType],
      description: 'Its Docker secret mounts by name; at build time only.',
      resolve: (view, _args, context) => listed(files(view, 'mounts', context), context),
    }),
    warnings: t.field({
      type: [WarningType],
      description: 'What looks unintended, sorted.',
      resolve: ({ environment }, _args, context) => {
        const { warnings } = environment.resolution;
        return listed(warningViews(warnings, environment.ask.project, context.session), context);
      },
    }),
    unresolved: t.field({
      type: [UnresolvedType],
      description: 'References and linked keys without a value.',
      resolve: ({ environment, sight }, _args, context) =>
        listed(unresolvedViews(environment, sight, context.session), context),
    }),
  }),
});

/** What a workload gets and why. */
export function addResolution(builder: Builder): void {
  builder.interfaceField(workloads.workload, 'environment', (t) =>
    t.field({
      type: EnvironmentType,
      description:
        'Its environment now, or at an earlier commit. Requires `LIST_KEYS` or `RESOLVE` on the workload; values require `RESOLVE`.',
      args: {
        scope: t.arg({ type: ScopeEnum, required: true, defaultValue: 'RUNTIME', description: 'The scope.' }),
        at: t.arg({
          type: 'SafeInt',
          description: 'Number of a commit that is still within history. Default: the newest.',
        }),
      },
      extensions: atOnce(environmentNow),
      resolve: (workload, args, context) => environmentOf(workload, args, context),
    }),
  );
  addExplanations(builder, EnvironmentType);
}
