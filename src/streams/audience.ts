import type { Principal } from '../access/model.ts';
import type { Commit } from '../store/port.ts';
import { Multimap } from './multimap.ts';
import { createSoonest } from './soonest.ts';
import type { Subscriber } from './subscriber.ts';

/** Whose standing a commit may change, by what it changed. */
export interface Concerned {
  readonly tokens: ReadonlySet<string>;
  readonly roles: ReadonlySet<string>;
  /** What became of their workloads ends the tokens of dependents. */
  readonly projects: ReadonlySet<string>;
  readonly workloads: ReadonlySet<string>;
  /** The projects that have to be read to judge it. */
  readonly around: ReadonlySet<string>;
}

const workloadName = (kind: string, project: string, id: string): string => `${kind} ${project} ${id}`;

/** null: nobody's. */
export function concernedBy({ touched, operation }: Commit): Concerned | null {
  const concerned = {
    tokens: new Set<string>(),
    roles: new Set<string>(),
    projects: new Set<string>(),
    workloads: new Set<string>(),
    around: new Set<string>(),
  };
  // Putting a workload ends no registration, and is by far the most frequent of its changes.
  const isPut = operation === 'service.put' || operation === 'job.put';
  for (const { kind, key } of touched) {
    const [, name = '', id = ''] = key;
    if (kind === 'token') concerned.tokens.add(name);
    else if (kind === 'role') concerned.roles.add(name);
    else if (kind === 'project') {
      concerned.projects.add(name);
      concerned.around.add(name);
    } else if ((kind === 'service' || kind === 'job') && !isPut) {
      concerned.workloads.add(workloadName(kind, name, id));
      concerned.around.add(name);
    }
  }
  return Object.values(concerned).some(({ size }) => size > 0) ? concerned : null;
}

/** The principal and the gateway that forwards what it asks: what becomes of either becomes of both. */
function* bothOf(principal: Principal): Iterable<Principal> {
  yield principal;
  if (principal.via) yield* bothOf(principal.via);
}

/** When it is good for nothing any more, milliseconds; infinite: never. */
function endOf(principal: Principal): number {
  let end = Number.POSITIVE_INFINITY;
  for (const { endsAt } of bothOf(principal)) end = Math.min(end, endsAt);
  return end;
}

/** All who listen, found by what their standing comes from, so that a commit visits those whom it concerns. */
export function createAudience() {
  const all = new Set<Subscriber>();
  const [tokens, roles] = [new Multimap<Subscriber>(), new Multimap<Subscriber>()];
  const [projects, workloads] = [new Multimap<Subscriber>(), new Multimap<Subscriber>()];
  /** With whom each stood for then: what ends later by now is in it again. */
  const ends = createSoonest<Pick<Subscriber, 'principal'> & { readonly who: Subscriber }>(({ who }) => who.left);

  function index(subscriber: Subscriber, what: 'add' | 'delete'): void {
    for (const { id, role, workload } of bothOf(subscriber.principal)) {
      tokens[what](id, subscriber);
      roles[what](role.slug, subscriber);
      if (workload === null) continue;
      projects[what](workload.project, subscriber);
      workloads[what](workloadName(workload.kind, workload.project, workload.id), subscriber);
    }
  }

  function expect(subscriber: Subscriber): void {
    const end = endOf(subscriber.principal);
    if (end !== Number.POSITIVE_INFINITY) ends.add(end, { who: subscriber, principal: subscriber.principal });
  }

  return {
    size: () => all.size,
    all: (): readonly Subscriber[] => [...all],
    add(subscriber: Subscriber): void {
      all.add(subscriber);
      index(subscriber, 'add');
      expect(subscriber);
    },
    /** false: it was gone already. */
    remove(subscriber: Subscriber): boolean {
      if (!all.delete(subscriber)) return false;
      index(subscriber, 'delete');
      return true;
    },
    /** The same token, which stands for the same rights, as it is written now. */
    renew(subscriber: Subscriber, principal: Principal): void {
      const end = endOf(subscriber.principal);
      index(subscriber, 'delete');
      subscriber.principal = principal;
      index(subscriber, 'add');
      if (endOf(principal) !== end) expect(subscriber);
    },
    /** Those whose tokens, roles or workloads these are. */
    among(concerned: Concerned): readonly Subscriber[] {
      const found = new Set<Subscriber>();
      for (const token of concerned.tokens) tokens.collect(token, found);
      for (const role of concerned.roles) roles.collect(role, found);
      for (const project of concerned.projects) projects.collect(project, found);
      for (const workload of concerned.workloads) workloads.collect(workload, found);
      return [...found];
    },
    /** One whose time has come. Judges those who end first, and no more. */
    ended(isExpired: (principal: Principal) => boolean): Subscriber | undefined {
      const isDue = ({ principal }: Pick<Subscriber, 'principal'>): boolean => isExpired(principal);
      for (let next = ends.take(isDue); next; next = ends.take(isDue)) {
        if (isExpired(next.who.principal)) return next.who;
      }
      return undefined;
    },
  };
}
