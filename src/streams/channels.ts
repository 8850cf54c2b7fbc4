import type { Principal } from '../access/model.ts';
import type { Commit } from '../store/port.ts';
import { type Channel, createChannel } from './channel.ts';
import type { ChannelTeam } from './deliveries.ts';
import { Multimap } from './multimap.ts';
import { rightsOf } from './rights.ts';
import type { Subject } from './subscriber.ts';
import { topicsOf } from './topics.ts';

const EVERYTHING = '*';

/** The channels of one team, found by who shares one, and by what they are about. */
export function createChannels(team: ChannelTeam) {
  const channels = new Map<string, Channel>();
  /** Under `EVERYTHING` those that want to see every commit. */
  const byTopic = new Multimap<Channel>();
  const topicsFor = ({ subject }: Channel): readonly string[] => subject.stream.topics ?? [EVERYTHING];

  return {
    /** Those that a commit may concern. */
    about(commit: Commit): ReadonlySet<Channel> {
      const found = new Set<Channel>();
      for (const each of [EVERYTHING, ...topicsOf(commit)]) byTopic.collect(each, found);
      return found;
    },
    /** The one of those who ask for the same and may see the same. */
    of(subject: Subject, principal: Principal): Channel {
      const name = `${rightsOf(principal)} ${subject.operation}`;
      const known = channels.get(name);
      if (known) return known;
      const made = createChannel(name, subject, principal, team);
      channels.set(name, made);
      for (const each of topicsFor(made)) byTopic.add(each, made);
      return made;
    },
    /** It may be empty by now. */
    tidy(name: string): void {
      const channel = channels.get(name);
      if (!channel || channel.size() > 0) return;
      channels.delete(name);
      for (const each of topicsFor(channel)) byTopic.delete(each, channel);
    },
  };
}
export type Channels = ReturnType<typeof createChannels>;
