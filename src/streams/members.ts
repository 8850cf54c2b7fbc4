import type { Principal } from '../access/model.ts';
import type { StandingNow } from '../access/service.ts';
import { type Concerned, createAudience } from './audience.ts';
import type { Channels } from './channels.ts';
import { rightsOf } from './rights.ts';
import type { End, Subject, Subscriber } from './subscriber.ts';

/** Who stands for what after a commit, and whom it may concern. */
export interface Recheck {
  readonly standing: StandingNow;
  readonly concerned: Concerned;
}

type Placed = Pick<Subscriber, 'sink' | 'position' | 'previous'>;

interface Deps {
  readonly channels: () => Channels;
  readonly isExpired: (principal: Principal) => boolean;
  /** The last has gone. */
  readonly idle: () => void;
}

/** Those who listen to one team: who comes, who goes, and whose rights are others now. */
export function createMembers({ channels, isExpired, idle }: Deps) {
  const audience = createAudience();
  /** As what those go on who were moved. */
  const moved = new WeakMap<Subscriber, Subscriber>();

  function remove(subscriber: Subscriber): void {
    if (!audience.remove(subscriber)) return;
    subscriber.left = true;
    const { channel } = subscriber;
    channel.remove(subscriber);
    if (channel.size() === 0) channels().tidy(channel.name);
    if (audience.size() === 0) idle();
  }

  function drop(subscriber: Subscriber, why: End): void {
    if (subscriber.left) return;
    remove(subscriber);
    subscriber.sink.end(why);
  }

  function enter(subject: Subject, principal: Principal, { sink, position, previous }: Placed): Subscriber {
    const channel = channels().of(subject, principal);
    const subscriber: Subscriber = { sink, channel, principal, position, previous, left: false };
    audience.add(subscriber);
    channel.add(subscriber);
    return subscriber;
  }

  function move(subscriber: Subscriber, principal: Principal): void {
    const next = enter(subscriber.channel.subject, principal, subscriber);
    remove(subscriber);
    moved.set(subscriber, next);
  }

  return {
    isEmpty: () => audience.size() === 0,
    enter,
    drop,
    dropAll(why: End): void {
      for (const subscriber of audience.all()) drop(subscriber, why);
    },
    removeAll(): void {
      for (const subscriber of audience.all()) remove(subscriber);
    },
    /** Whatever it is by now. */
    leave(subscriber: Subscriber): void {
      let last = subscriber;
      for (let next = moved.get(last); next; next = moved.get(last)) last = next;
      remove(last);
    },
    /** Rights have changed: some may listen no more, some see more or less than before. */
    recheck({ standing, concerned }: Recheck): void {
      const roles = new Set([...concerned.roles, ...standing.rolesNaming(concerned.projects)]);
      const some = standing.isDamaged ? audience.all() : audience.among({ ...concerned, roles });
      for (const subscriber of some) {
        const now = standing.of(subscriber.principal);
        if (now === null) drop(subscriber, 'forbidden');
        else if (rightsOf(now) === rightsOf(subscriber.principal)) audience.renew(subscriber, now);
        else move(subscriber, now);
      }
    },
    /** Whoever's time has come goes, even when nothing happens. */
    expire(): void {
      for (let next = audience.ended(isExpired); next; next = audience.ended(isExpired)) drop(next, 'forbidden');
    },
  };
}
