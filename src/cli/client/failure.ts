/** Why a command of the client failed, for scripts. 9 is left out: shells and tools use it for a killed process. */
export const EXIT = {
  usage: 1,
  remote: 2,
  access: 3,
  notFound: 4,
  conflict: 5,
  invalid: 6,
  unresolved: 7,
  notRepresentable: 8,
  different: 10,
} as const;

export type ExitReason = keyof typeof EXIT;

/** Ends the command with its code and these words, which hold no value. */
export class Failure extends Error {
  readonly exitCode: number;
  constructor(reason: ExitReason, message: string) {
    super(message);
    this.name = 'Failure';
    this.exitCode = EXIT[reason];
  }
}

const BY_CODE: Readonly<Record<string, ExitReason>> = {
  UNAUTHENTICATED: 'access',
  FORBIDDEN: 'access',
  NOT_FOUND: 'notFound',
  CONFLICT: 'conflict',
  INVALID_INPUT: 'invalid',
  BAD_REQUEST: 'invalid',
  LIMIT_EXCEEDED: 'invalid',
  TOO_LARGE: 'invalid',
  BUDGET_EXCEEDED: 'invalid',
  UNRESOLVED: 'unresolved',
};

/** For an error code of the API. */
export const reasonOf = (code: unknown): ExitReason =>
  (typeof code === 'string' ? BY_CODE[code] : undefined) ?? 'remote';
