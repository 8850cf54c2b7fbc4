/** What processes tell each other of what they count: outside of the log, lossy, and never waited for by a request. */
export interface Counters {
  /** Leaves the counts of this process in place of those that it left before, and answers those of each other process. */
  exchange(own: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, ReadonlyMap<string, number>>>;
}
