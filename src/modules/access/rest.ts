import { z } from 'zod';
import { given, lower, type Reply, type RestRoute, routeOf } from '../../rest/route.ts';

const group = 'Identity';

interface ViewerResult {
  readonly kind: string;
  readonly id: string;
  readonly name: string;
  readonly expiresAt: string | null;
  readonly team: string;
  readonly workload: { readonly project: string; readonly kind: string; readonly id: string } | null;
  readonly role: {
    readonly slug: string;
    readonly grants: readonly {
      readonly verbs: readonly string[];
      readonly resources: readonly string[];
      readonly types: readonly string[];
      readonly projects: readonly string[] | null;
    }[];
  };
}

const document = `query Viewer { result: viewer { kind id name expiresAt team workload { project kind id }
  role { slug grants { verbs resources types projects } } } }`;

const permission = z.strictObject({
  verbs: z.array(z.string()),
  resources: z.array(z.string()),
  types: z.array(z.string()),
  projects: z.array(z.string()).nullable(),
});

const reply = ({ kind, id, name, expiresAt, team, workload, role }: ViewerResult): Reply => ({
  data: given({
    kind: lower(kind),
    id,
    name,
    team,
    role: role.slug,
    permissions: role.grants.map(({ verbs, resources, types, projects }) => ({
      verbs: verbs.map(lower),
      resources: resources.map(lower),
      types: types.map(lower),
      projects,
    })),
    expiresAt,
    workload: workload ? { projectId: workload.project, type: lower(workload.kind), id: workload.id } : undefined,
  }),
});

export const identityRoutes: readonly RestRoute[] = [
  routeOf({
    group,
    method: 'GET',
    path: '/login',
    name: 'login',
    summary: 'Check whether the token is valid',
    answer: z.strictObject({ id: z.string() }),
    document: 'query Login { result: viewer { id } }',
    variables: () => ({}),
    reply: ({ id }: { readonly id: string }) => ({ data: { id } }),
  }),
  routeOf<ViewerResult>({
    group,
    method: 'GET',
    path: '/auth',
    name: 'getAuth',
    summary: 'Read the owner and the permissions of the token',
    answer: z.strictObject({
      kind: z.enum(['dependent', 'machine', 'user', 'agent', 'gateway']),
      id: z.string(),
      name: z.string(),
      team: z.string(),
      role: z.string(),
      permissions: z.array(permission).meta({ description: 'What the role allows; `projects` null: in all.' }),
      expiresAt: z.string().nullable(),
      workload: z
        .strictObject({ projectId: z.string(), type: z.enum(['service', 'job']), id: z.string() })
        .optional()
        .meta({ description: 'The workload that the token stands for.' }),
    }),
    document,
    variables: () => ({}),
    reply,
  }),
];
