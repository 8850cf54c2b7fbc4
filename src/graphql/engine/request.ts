import type { ExecutionResult } from 'graphql';
import type { PublicError } from './mask-error.ts';
import type { Variables } from './variables.ts';

/** What a transport read from a request, already of the right types. */
export interface GraphqlRequest {
  readonly query: string;
  readonly variables: Variables;
  readonly operationName: string | null;
  readonly requestId: string;
  /** Only POST may change anything. */
  readonly method: 'GET' | 'POST' | 'SOCKET';
  /** Size of the body; above the usual limit only mutations that carry files pass. */
  readonly bytes: number;
  /** Has whoever asks pay so many points; rejects when they have none left. */
  readonly charge?: (points: number) => Promise<void>;
}

export interface Body {
  readonly data?: ExecutionResult['data'];
  readonly errors?: readonly PublicError[];
}
