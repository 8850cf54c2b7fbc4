import type { ObjectRef } from '@pothos/core';
import type { ExcludedGroup, ExplainedLayer, ExplainedReference, Explanation } from '../../domain/explanation.ts';
import type { Builder, Types } from '../../graphql/types/builder.ts';
import { SensitivityEnum } from '../../graphql/types/fields.ts';
import type { StoredGroup } from '../secret-groups/model.ts';
import { SecretGroupNode } from '../secret-groups/node.ts';
import type { Guarded } from './entry-facts.ts';
import type { Sight } from './sight.ts';
import { ErrorType, SourceUnion } from './source-schema.ts';
import { ExclusionRuleEnum, LayerRuleEnum, ReferenceStatusEnum, types, WarningCodeEnum } from './types.ts';
import { type EnvironmentView, isComplete, type SourceView, type WarningView, warningViews } from './views.ts';

export const WarningType = types.objectRef<WarningView>('ResolutionWarning').implement({
  description: 'A part of the result that looks unintended.',
  fields: (t) => ({
    code: t.field({ type: WarningCodeEnum, description: 'Code for programs.', resolve: ({ warning }) => warning.code }),
    names: t.stringList({ description: 'Names of the keys.', resolve: ({ warning }) => [...warning.names] }),
    message: t.exposeString('message', { description: 'Text for people.' }),
  }),
});

/** An explanation, cut to the groups that the viewer may list. */
interface ExplanationView {
  readonly explanation: Explanation;
  readonly project: string;
  readonly groups: ReadonlyMap<string, StoredGroup>;
  readonly sight: Sight;
  /** Of the explained key; null: absent. */
  readonly entry: Guarded | null;
  /** The references in texts that the viewer may see. */
  readonly references: readonly ExplainedReference[];
}
interface LayerView {
  readonly layer: ExplainedLayer;
  readonly view: ExplanationView;
}
interface ExcludedView {
  readonly excluded: ExcludedGroup;
  readonly group: StoredGroup;
}

const maySeeSource = ({ source }: ExplainedLayer, { groups }: ExplanationView): boolean =>
  source.kind === 'direct' || groups.has(source.group);

const LayerType = types.objectRef<LayerView>('ExplainedLayer').implement({
  description: 'One holder of the key.',
  fields: (t) => ({
    source: t.field({
      type: SourceUnion,
      nullable: true,
      description: 'Where it was written; null if you may not see the group.',
      resolve: ({ layer, view }): SourceView | null =>
        maySeeSource(layer, view) ? { project: view.project, source: layer.source } : null,
    }),
    priority: t.int({
      nullable: true,
      description: 'Priority of the group; null for a value of the workload itself.',
      resolve: ({ layer }) => layer.priority,
    }),
    type: t.field({
      type: SensitivityEnum,
      nullable: true,
      description: 'Its own type; null for a linked key without a value.',
      resolve: ({ layer }) => layer.type,
    }),
    rule: t.field({ type: LayerRuleEnum, description: 'The rule that placed it.', resolve: ({ layer }) => layer.rule }),
    references: t.int({
      nullable: true,
      description: 'Number of references in its text; null if you may not see it.',
      resolve: ({ layer, view }) => (view.sight.seesType(layer.type ?? 'config') ? layer.references : null),
    }),
    unavailable: t.string({
      nullable: true,
      description: 'Why a linked key has no value; null if it has one.',
      resolve: ({ layer }) => layer.unavailable,
    }),
  }),
});

const ExcludedType = types.objectRef<ExcludedView>('ExcludedGroup').implement({
  description: 'A group that does not apply to the workload.',
  fields: (t) => ({
    group: t.field({ type: SecretGroupNode, description: 'The group.', resolve: ({ group }) => group }),
    rule: t.field({
      type: ExclusionRuleEnum,
      description: 'The rule that applied.',
      resolve: ({ excluded }) => excluded.rule,
    }),
    detail: t.string({ description: 'The rule in words.', resolve: ({ excluded }) => excluded.detail }),
    wantedTags: t.stringList({
      description: 'Tags that the group requires; empty if tags did not decide.',
      resolve: ({ excluded }) => [...excluded.wanted],
    }),
    workloadTags: t.stringList({
      description: 'Tags of the workload; empty if tags did not decide.',
      resolve: ({ excluded }) => [...excluded.has],
    }),
  }),
});

const ReferenceType = types.objectRef<ExplainedReference>('ExplainedReference').implement({
  description: 'One occurrence of a reference, in the explained text or in one that it refers to.',
  fields: (t) => ({
    from: t.string({ description: 'The key or file that holds it.', resolve: ({ from }) => from }),
    reference: t.string({
      nullable: true,
      description: 'As written. Never null.',
      resolve: ({ reference }) => reference,
    }),
    target: t.string({
      nullable: true,
      description: 'Name of the variable, or path of the global secret. Never null.',
      resolve: ({ target }) => target,
    }),
    status: t.field({
      type: ReferenceStatusEnum,
      description: 'Whether it was resolved.',
      resolve: ({ status }) => status,
    }),
    reason: t.string({
      nullable: true,
      description: 'Why it is unresolved; null if it is resolved.',
      resolve: ({ reason }) => reason,
    }),
    type: t.field({
      type: SensitivityEnum,
      nullable: true,
      description: 'Type of what it refers to; null if it refers to nothing.',
      resolve: ({ type }) => type,
    }),
  }),
});

const OutcomeEnum = types.enumType('Outcome', {
  description: 'Whether the workload has the key.',
  values: {
    PRESENT: { value: 'PRESENT' as const, description: 'The workload has the key.' },
    ABSENT: { value: 'ABSENT' as const, description: 'The workload does not have the key.' },
    ERROR: { value: 'ERROR' as const, description: 'The workload has the key, but its value cannot be computed.' },
  },
});
const EntryKindEnum = types.enumType('EntryKind', {
  description: 'The kind of a key.',
  values: {
    VARIABLE: { value: 'variable' as const, description: 'A variable, by name.' },
    FILE: { value: 'file' as const, description: 'A file, by path.' },
    MOUNT: { value: 'mount' as const, description: 'A Docker secret mount, by name.' },
  },
});

const ExplanationType = types.objectRef<ExplanationView>('Explanation').implement({
  description: 'Why a workload has a key or does not have it. Holds no value. What you may not list is left out.',
  fields: (t) => ({
    name: t.string({ description: 'The key.', resolve: ({ explanation }) => explanation.name }),
    outcome: t.field({
      type: OutcomeEnum,
      description: 'Whether the workload has the key. Errors of masked keys are not shown.',
      resolve: ({ explanation, entry, sight }) =>
        explanation.outcome === 'ERROR' && entry && !sight.sees(entry) ? 'PRESENT' : explanation.outcome,
    }),
    type: t.field({
      type: SensitivityEnum,
      nullable: true,
      description: 'Type of the outcome; null if absent.',
      resolve: ({ entry, sight }) => entry && sight.typeOf(entry),
    }),
    error: t.field({
      type: ErrorType,
      nullable: true,
      description: 'Why there is no value; null unless the outcome is `ERROR`.',
      resolve: ({ explanation, entry, sight }) => (entry && sight.sees(entry) ? explanation.error : null),
    }),
    winner: t.field({
      type: LayerType,
      nullable: true,
      description: 'The holder that wins; null if there is no holder.',
      resolve: (view) => view.explanation.winner && { layer: view.explanation.winner, view },
    }),
    shadowed: t.field({
      type: [LayerType],
      description: 'The other holders, by rank.',
      resolve: (view) => view.explanation.shadowed.map((layer) => ({ layer, view })),
    }),
    lacking: t.field({
      type: [SecretGroupNode],
      description: 'The groups that apply to the workload and do not hold the key, by slug.',
      resolve: ({ explanation, groups }) => explanation.lacking.flatMap((id) => groups.get(id) ?? []),
    }),
    excluded: t.field({
      type: [ExcludedType],
      description: 'The groups that do not apply to the workload, by slug, each with the rule that excludes it.',
      resolve: ({ explanation, groups }) =>
        explanation.excluded.flatMap((excluded) => {
          const group = groups.get(excluded.group);
          return group ? [{ excluded, group }] : [];
        }),
    }),
    complete: t.boolean({
      description: 'True if you may list every group of the project, so that nothing was left out.',
      resolve: ({ project }, _args, { session }) => isComplete(project, session),
    }),
    references: t.field({
      type: [ReferenceType],
      description: 'Every reference that can be reached from its text through texts that you may see, nearest first.',
      resolve: ({ references }) => [...references],
    }),
    warnings: t.field({
      type: [WarningType],
      description: 'Warnings about the key.',
      resolve: ({ explanation, project }, _args, { session }) => [
        ...warningViews(explanation.warnings, project, session),
      ],
    }),
  }),
});

export function addExplanations(builder: Builder, environmentType: ObjectRef<Types, EnvironmentView>): void {
  builder.objectField(environmentType, 'explain', (t) =>
    t.field({
      type: ExplanationType,
      description: 'Why the workload has a key or does not have it.',
      args: {
        name: t.arg.string({ required: true, description: 'Name of a variable or mount, or path of a file.' }),
        kind: t.arg({
          type: EntryKindEnum,
          required: true,
          defaultValue: 'variable',
          description:
            'What `name` names: the path of a file is looked for only with `FILE`, since variables may be called so, too.',
        }),
      },
      resolve: async ({ environment, sight }, { name, kind }, { services, session }) => {
        const { project } = environment.ask;
        const groups = await services.secretGroups.list(project, session).catch(() => []);
        const explanation = await services.resolutions.explanation(environment, kind, name, session);
        const { variables, files, mounts } = environment.resolution;
        const entry = { variable: variables, file: files, mount: mounts }[kind].get(name) ?? null;
        const isSeen = ({ from, root }: ExplainedReference): boolean => {
          const holder = root ? entry : variables.get(from);
          return holder ? sight.sees(holder) : false;
        };
        return {
          explanation,
          sight,
          entry,
          references: explanation.references.filter(isSeen),
          project,
          groups: new Map(groups.map((group) => [group.key[2] ?? '', group])),
        };
      },
    }),
  );
}
