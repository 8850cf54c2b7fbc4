/** One command: what the help says of it, and where it is. Nothing of it is loaded before it is called. */
export interface Command {
  /** As the help shows it, with its arguments; empty: not for people. */
  readonly usage: string;
  /** Of this command and those after it in the help. */
  readonly heading?: string;
  readonly summary: string;
  /** It has no options of its own to explain: `--help` shows these lines. */
  readonly isBare?: true;
  /** Answers the lines to print. */
  readonly run: (args: readonly string[]) => Promise<readonly string[]>;
}
