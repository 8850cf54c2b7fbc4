import { z } from 'zod';
import {
  distinct,
  idempotencyKeyRule,
  listOf,
  nameRule,
  platformIdRule,
  revisionRule,
  slugRule,
} from '../input/rules.ts';
import { type Resource, SENSITIVITIES, TOKEN_KINDS, VERBS } from './model.ts';
import { isNetwork } from './networks.ts';

/** An empty list would say nothing, and be read as everything by somebody some day. */
const named = <T extends string>(item: z.ZodType<T>, max?: number) =>
  distinct(item, (value) => value, max).refine((list) => list.length > 0, {
    error: 'must have at least one entry',
    params: { rule: 'min' },
  });
const listed = <T extends string>(values: readonly T[]) => named(z.enum(values) as unknown as z.ZodType<T>);

const grantsRule = (resources: readonly Resource[]) =>
  listOf(
    z.strictObject({
      resources: listed(resources),
      verbs: listed(VERBS),
      types: listed(SENSITIVITIES)
        .nullish()
        .transform((types) => types ?? SENSITIVITIES),
      projects: named(slugRule, 1000)
        .nullish()
        .transform((projects) => projects ?? null),
    }),
    100,
  );

export const createRoleInput = (resources: readonly Resource[]) =>
  z.strictObject({ name: nameRule, grants: grantsRule(resources), idempotencyKey: idempotencyKeyRule });
export const updateRoleInput = (resources: readonly Resource[]) =>
  z.strictObject({
    name: nameRule.optional(),
    grants: grantsRule(resources).optional(),
    expectedRevision: revisionRule,
  });

/** The last that is written with four digits, and so sorts as text. */
const LAST_INSTANT = new Date('9999-12-31T23:59:59.999Z');

const networkRule = z.string().refine(isNetwork, {
  error: 'must be an address or a network such as 10.0.0.0/8',
  params: { rule: 'network' },
});

export const createTokenInput = z
  .strictObject({
    name: nameRule,
    kind: z.enum(TOKEN_KINDS),
    role: slugRule,
    workload: z
      .strictObject({ project: slugRule, kind: z.enum(['service', 'job']), id: platformIdRule })
      .nullish()
      .transform((workload) => workload ?? null),
    expiresAt: z
      .date()
      .max(LAST_INSTANT, { error: 'must be before the year 10000' })
      .nullish()
      .transform((date) => date?.toISOString() ?? null),
    networks: named(networkRule, 100)
      .nullish()
      .transform((networks) => networks ?? null),
    signed: z
      .boolean()
      .nullish()
      .transform((signed) => signed ?? false),
    idempotencyKey: idempotencyKeyRule,
  })
  .superRefine(({ kind, role, workload, networks, signed }, ctx) => {
    const bad = (path: string, rule: string, message: string): void =>
      void ctx.addIssue({ code: 'custom', path: [path], params: { rule }, message });
    const isGateway = kind === 'gateway';
    // Its rights are those of the users for whom it asks.
    if (isGateway && role !== 'gateway') bad('role', 'kind', 'must be `gateway` for a GATEWAY token');
    if (!isGateway && networks !== null) bad('networks', 'kind', 'must be absent: it is for a GATEWAY token alone');
    if (!isGateway && signed) bad('signed', 'kind', 'must be absent or false: it is for a GATEWAY token alone');
    // Without a workload to be bound to, that role would resolve every one.
    if (role === 'dependent' && kind !== 'dependent') {
      const message = 'must be DEPENDENT for the role `dependent`';
      ctx.addIssue({ code: 'custom', path: ['kind'], params: { rule: 'role' }, message });
    }
    if ((kind === 'dependent') === (workload !== null)) return;
    const message =
      kind === 'dependent' ? 'is required for a DEPENDENT token' : 'must be absent: it is for a DEPENDENT token alone';
    ctx.addIssue({ code: 'custom', path: ['workload'], params: { rule: 'required' }, message });
  });

export const revokeTokenInput = z.strictObject({ descendants: z.boolean().nullish() });
export const deleteRoleInput = z.strictObject({ expectedRevision: revisionRule });

export type CreateRoleInput = z.output<ReturnType<typeof createRoleInput>>;
export type UpdateRoleInput = z.output<ReturnType<typeof updateRoleInput>>;
export type CreateTokenInput = z.output<typeof createTokenInput>;
