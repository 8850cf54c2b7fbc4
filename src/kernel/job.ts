/** Work that the gateway does by itself, again and again: what is due is read from the store, so any process may do it. */
export interface Job {
  /** For logs. */
  readonly name: string;
  /** From the end of one run to the start of the next, about. */
  readonly everyMs: number;
  /** Does what is due. May run in several processes at once: the store decides who was first. Ends soon after `signal`. */
  run(signal: AbortSignal): Promise<void>;
}
