import type { ObjectRef } from '@pothos/core';
import type { Dependence } from '../../domain/dependents.ts';
import type { Builder } from '../../graphql/types/builder.ts';
import type { Context } from '../../graphql/types/context.ts';
import { orNull } from '../../graphql/types/or-null.ts';
import { type ListOrder, type PageArgs, pageOf, within } from '../../graphql/types/pages.ts';
import { ScopeEnum } from '../../graphql/types/scope.ts';
import { idOf } from '../../vault/document.ts';
import type { StoredAddon } from '../addons/model.ts';
import { AddonNode, ExternalAddonNode } from '../addons/node.ts';
import { GlobalSecretNode } from '../global-secrets/node.ts';
import type { SourceAddress, SourceKind } from '../restarts/model.ts';
import type { StoredGroup } from '../secret-groups/model.ts';
import { SecretGroupNode } from '../secret-groups/node.ts';
import { workloads } from '../workloads/types.ts';
import { mayListKeys } from '../workloads/view.ts';
import type { Dependent } from './model.ts';
import { types } from './types.ts';

interface Reason extends Dependence {
  readonly project: string;
  /** Whether the viewer may see the keys of the workload. */
  readonly mayKeys: boolean;
}

const RuleEnum = types.enumType('DependenceRule', {
  description: 'Why a group applies to a workload.',
  values: {
    UNRESTRICTED: { value: 'UNRESTRICTED' as const, description: 'The group is not restricted.' },
    LISTED: { value: 'LISTED' as const, description: 'The group lists the workload.' },
    TAGS: { value: 'TAGS' as const, description: "The workload's tags match the group's restriction." },
    DIRECT: { value: 'DIRECT' as const, description: "No group: the workload's own values." },
  },
});

const ReasonType = types.objectRef<Reason>('DependenceReason').implement({
  description: 'One way in which a workload depends on an object.',
  fields: (t) => ({
    scope: t.field({ type: ScopeEnum, description: 'The scope.', resolve: ({ scope }) => scope }),
    rule: t.field({ type: RuleEnum, description: 'Why the group applies.', resolve: ({ rule }) => rule }),
    group: t.field({
      type: SecretGroupNode,
      nullable: true,
      description:
        "The group through which it depends; null for the workload's own values, or if you may not see the group.",
      resolve: ({ project, group }, _args, { services, session }) =>
        group === null ? null : orNull(services.secretGroups.bySlug({ project, slug: group }, session)),
    }),
    names: t.stringList({
      nullable: true,
      description:
        'Variables, files and mounts that refer to it, directly or through others, sorted. Empty if the workload inherits the object itself. Null without `LIST_KEYS` on the workload.',
      resolve: ({ names, mayKeys }) => (mayKeys ? [...names] : null),
    }),
  }),
});

const BY_PLACE: ListOrder<Dependent> = {
  name: 'dependents',
  keyOf: ({ project, workload: { kind, key } }) => `${project} ${kind} ${idOf(key)}`,
};

interface Edge {
  readonly cursor: string;
  readonly node: Dependent['workload'];
  readonly reasons: readonly Reason[];
}

async function pageFor(source: SourceAddress, args: PageArgs, context: Context) {
  const { services, session } = context;
  const found = await services.dependents(source, session);
  const order = within(BY_PLACE, source.kind, source.project ?? '', source.slug);
  const { edges, pageInfo } = await pageOf(found, order, args, context);
  const rows = edges.map(({ cursor, node: { project, workload, reasons } }): Edge => {
    const mayKeys = mayListKeys(project, workload, session);
    return { cursor, node: workload, reasons: reasons.map((reason) => ({ ...reason, project, mayKeys })) };
  });
  return { edges: rows, pageInfo };
}

/** Who draws on groups, addons and global secrets, and why. */
export function addDependents(builder: Builder): void {
  const connection = builder.connectionObject(
    { type: workloads.workload, name: 'WorkloadConnection' },
    {
      name: 'WorkloadEdge',
      fields: (t) => ({
        reasons: t.field({
          type: [ReasonType],
          description: 'Every way in which it depends.',
          resolve: (edge) => [...((edge as unknown as Edge).reasons ?? [])],
        }),
      }),
    },
  );
  const add = <T extends { readonly key: readonly string[] }>(
    type: ObjectRef<never, T>,
    description: string,
    addressOf: (stored: T) => SourceAddress,
  ): void => {
    builder.objectField(type as never, 'dependents', (t) =>
      t.connection(
        {
          type: workloads.workload,
          description,
          resolve: (stored: T, args: PageArgs, context: Context) => pageFor(addressOf(stored), args, context) as never,
        } as never,
        connection,
      ),
    );
  };
  const inProject =
    (kind: SourceKind) =>
    ({ key }: StoredGroup | StoredAddon): SourceAddress => ({ kind, project: key[1] ?? '', slug: idOf(key) });
  const order = 'jobs before services, by id.';
  add(SecretGroupNode as never, `The workloads that inherit from it now, ${order}`, inProject('secretGroup'));
  add(AddonNode as never, `The workloads that inherit its keys now, ${order}`, inProject('addon'));
  add(ExternalAddonNode as never, `The workloads that inherit its keys now, ${order}`, inProject('externalAddon'));
  add(
    GlobalSecretNode as never,
    `Workloads of all projects that refer to it now and that you may see, by project, ${order}`,
    ({ key }) => ({ kind: 'globalSecret', project: null, slug: idOf(key) }),
  );
}
