import type { InputFieldBuilder, InputFieldMap } from '@pothos/core';
import type { z } from 'zod';
import type { Verb } from '../../access/model.ts';
import { type Allowed, allowedInTeam, localOf } from '../../graphql/types/allowed.ts';
import type { Builder, Types } from '../../graphql/types/builder.ts';
import type { Context } from '../../graphql/types/context.ts';
import { expectedRevision, idempotencyKey } from '../../graphql/types/fields.ts';
import { idRule } from '../../graphql/types/ids.ts';
import { addMutation, type PayloadField } from '../../graphql/types/mutation.ts';
import type { CommitFacts } from '../../vault/change.ts';
import * as inputs from './inputs.ts';
import { type PlaceInApp, placeInApp } from './model.ts';
import { AppNode, EnvironmentNode } from './node.ts';
import { types } from './types.ts';

type Inputs = InputFieldBuilder<Types, 'InputObject'>;

interface UpdateOptions<Rules extends z.ZodObject, Result extends { readonly commit: CommitFacts }> {
  readonly name: string;
  readonly of: 'App' | 'Environment' | 'AppSecret';
  readonly description: string;
  readonly input: (t: Inputs) => InputFieldMap;
  /** What it needs on apps, or on app secrets. */
  readonly verb: Verb;
  readonly rules: Rules;
  /** Looks at the whole input. */
  readonly also?: (given: object, ctx: z.RefinementCtx) => void;
  readonly run: (ref: UpdateRef, input: z.output<Rules>, context: Context) => Promise<Result>;
  readonly payload: Readonly<Record<Exclude<keyof Result & string, 'commit'>, PayloadField>>;
}

/** What is to be changed: of an app, `slug` is its own. */
interface UpdateRef extends PlaceInApp {
  readonly expectedRevision?: number | null | undefined;
}

const NOUN = { App: 'app', Environment: 'environment', AppSecret: 'app secret' } as const;

/** Whoever may not see an app sees nothing of it. */
const allowedOf =
  (of: keyof typeof NOUN, verb: Verb): Allowed =>
  ({ id }) => {
    const local = localOf(of, id);
    const app = ['app', `App ${of === 'App' ? local : placeInApp(local).app}`] as const;
    return of === 'AppSecret'
      ? allowedInTeam(verb, 'appSecret', app, ['appSecret', `App secret ${placeInApp(local).slug}`])({})
      : allowedInTeam(verb, 'app', app)({});
  };

/** A mutation of one thing that is there: its id, the revision that the caller saw, and what to do. */
export function addUpdateInApp<Rules extends z.ZodObject, Result extends { readonly commit: CommitFacts }>(
  builder: Builder,
  options: UpdateOptions<Rules, Result>,
): void {
  const { name, of, description, input, verb, rules, also, run, payload } = options;
  const placeOf = (local: string): PlaceInApp => (of === 'App' ? { app: local, slug: local } : placeInApp(local));
  const whole = rules.extend({ id: idRule(of).transform(placeOf) });
  addMutation(builder, {
    name,
    description,
    input: (t) => ({
      id: t.id({ required: true, description: `The ${NOUN[of]}.` }),
      ...input(t),
      expectedRevision: expectedRevision(t),
    }),
    allowed: allowedOf(of, verb),
    rules: also ? whole.superRefine(also) : whole,
    failures: ['notFound', 'conflict', 'limit'],
    run: (given, context) => {
      const { id, expectedRevision: revision, ...rest } = given as Record<string, unknown>;
      const ref = { ...(id as PlaceInApp), expectedRevision: revision as number | null | undefined };
      return run(ref, rest as z.output<Rules>, context);
    },
    payload,
  });
}

const appPayload = { app: { type: AppNode, description: 'The app.' } };
const environmentPayload = { environment: { type: EnvironmentNode, description: 'The environment.' } };

const environmentFields = (t: Inputs) => ({
  name: t.string({ required: true, description: '1-50 letters, digits, single hyphens and spaces; gives the slug.' }),
  order: t.int({ description: '0-1,000,000. Default: after the existing ones.' }),
  protected: t.boolean({
    description: 'Whether changing it, and the values in it, requires `WRITE_PROTECTED`. Default: false.',
  }),
});
const NewEnvironmentInput = types.inputType('NewEnvironmentInput', {
  description: 'An environment to create together with its app.',
  fields: environmentFields,
});

export function addAppMutations(builder: Builder): void {
  addMutation(builder, {
    name: 'createApp',
    description: 'Creates an app. Requires `WRITE` on apps.',
    input: (t) => ({
      name: t.string({
        required: true,
        description: '3-100 letters, digits, single hyphens and spaces; gives the slug.',
      }),
      environments: t.field({ type: [NewEnvironmentInput], description: 'Its first environments. Default: none.' }),
      idempotencyKey: idempotencyKey(t),
    }),
    allowed: allowedInTeam('write', 'app'),
    rules: inputs.createAppInput,
    failures: ['conflict', 'limit'],
    run: (input, { services, session }) => services.apps.create(input, session),
    payload: appPayload,
  });
  addUpdateInApp(builder, {
    name: 'updateApp',
    of: 'App',
    description: 'Changes the given fields; the slug stays. Requires `WRITE`.',
    input: (t) => ({ name: t.string({ description: '3-100 letters, digits, single hyphens and spaces.' }) }),
    verb: 'write',
    rules: inputs.updateAppInput,
    run: (ref, input, { services, session }) => services.apps.update(ref, input, session),
    payload: appPayload,
  });
  addUpdateInApp(builder, {
    name: 'deleteApp',
    of: 'App',
    description: 'Deletes an app with all that is in it. It keeps its slug and can be restored. Requires `DELETE`.',
    input: () => ({}),
    verb: 'delete',
    rules: inputs.appOnlyInput,
    run: (ref, _input, { services, session }) => services.apps.remove(ref, session),
    payload: appPayload,
  });
  addUpdateInApp(builder, {
    name: 'restoreApp',
    of: 'App',
    description: 'Restores a deleted app as it was. Requires `WRITE`.',
    input: () => ({}),
    verb: 'write',
    rules: inputs.appOnlyInput,
    run: (ref, _input, { services, session }) => services.apps.restore(ref, session),
    payload: appPayload,
  });
  addEnvironmentMutations(builder);
}

function addEnvironmentMutations(builder: Builder): void {
  addMutation(builder, {
    name: 'createEnvironment',
    description:
      'Creates an environment of an app; every secret of the app has a value to be set in it. Requires `WRITE` on apps.',
    input: (t) => ({
      app: t.field({ type: 'Slug', required: true, description: 'Slug of the app.' }),
      ...environmentFields(t),
      discardValues: t.boolean({
        description:
          'Create it even if a deleted environment of the same slug holds values, which can then never be restored; requires `DELETE` on app secrets, and `WRITE_PROTECTED` if it was protected. Default: false, and such an environment is a conflict.',
      }),
      idempotencyKey: idempotencyKey(t),
    }),
    allowed: allowedInTeam('write', 'app', ['app', 'App']),
    rules: inputs.createEnvironmentInput,
    failures: ['notFound', 'conflict', 'limit'],
    run: (input, { services, session }) => services.environments.create(input, session),
    payload: environmentPayload,
  });
  addUpdateInApp(builder, {
    name: 'updateEnvironment',
    of: 'Environment',
    description:
      'Changes the given fields; the slug stays. Requires `WRITE`, and `WRITE_PROTECTED` while it is protected.',
    input: (t) => ({
      name: t.string({ description: '1-50 letters, digits, single hyphens and spaces.' }),
      order: t.int({ description: '0-1,000,000.' }),
      protected: t.boolean({ description: 'Whether changing it, and the values in it, requires `WRITE_PROTECTED`.' }),
    }),
    verb: 'write',
    rules: inputs.updateEnvironmentInput,
    run: (ref, input, { services, session }) => services.environments.update(ref, input, session),
    payload: environmentPayload,
  });
  addUpdateInApp(builder, {
    name: 'deleteEnvironment',
    of: 'Environment',
    description:
      'Deletes an environment. It can be restored, with its values. Requires `DELETE`, and `WRITE_PROTECTED` if it is protected.',
    input: (t) => ({
      force: t.boolean({
        description: 'Delete it even if values are set in it; requires `DELETE` on app secrets. Default: false.',
      }),
    }),
    verb: 'delete',
    rules: inputs.deleteEnvironmentInput,
    run: (ref, { force }, { services, session }) => services.environments.remove(ref, force, session),
    payload: environmentPayload,
  });
  addUpdateInApp(builder, {
    name: 'restoreEnvironment',
    of: 'Environment',
    description: 'Restores a deleted environment with its values. Requires the same permissions as updating it.',
    input: () => ({}),
    verb: 'write',
    rules: inputs.appOnlyInput,
    run: (ref, _input, { services, session }) => services.environments.restore(ref, session),
    payload: environmentPayload,
  });
}
