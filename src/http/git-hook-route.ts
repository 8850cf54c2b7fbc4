import { AppError } from '../kernel/errors.ts';
import type { Limits } from '../kernel/limits.ts';
import { readBody } from './body.ts';
import { type Exchange, sendJson } from './exchange.ts';
import type { Route } from './graphql-route.ts';

/** Who hears what hosts of repositories tell. */
export interface GitHooks {
  /** Whether an id was given out by this installation. */
  isKnown(id: string): boolean;
  /** `headers`: names in lower case. */
  receive(
    id: string,
    headers: Readonly<Record<string, string | undefined>>,
    body: Uint8Array,
  ): Promise<'accepted' | 'unauthorized' | 'malformed'>;
}

/** What the paths begin with; the id follows. */
export const GIT_HOOKS = '/v1/hooks/git/';

const STATUS = { accepted: 202, unauthorized: 401, malformed: 400 } as const;
const MOST_ID = 500;

/** Answers at once, and without a word of what it means: 202, 401 or 400. */
export function createGitHookRoute(hooks: GitHooks, limits: Pick<Limits, 'bodyBytes'>): Route {
  return async (exchange) => {
    if (exchange.method !== 'POST') throw new AppError('METHOD_NOT_ALLOWED', 'Use POST');
    const id = exchange.path.slice(GIT_HOOKS.length);
    // Strangers are refused before their bodies are read.
    if (id.length > MOST_ID || !hooks.isKnown(id)) return sendJson(exchange, STATUS.unauthorized, {});
    const body = await readBody(exchange, { most: limits.bodyBytes }).catch((error: unknown) => {
      if (error instanceof AppError) return null;
      throw error;
    });
    const answer = body === null ? 'malformed' : await hooks.receive(id, headersOf(exchange), body);
    sendJson(exchange, STATUS[answer], {});
  };
}

/** A header given twice counts as both together, which no check accepts. */
const headersOf = ({ request }: Exchange): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(Object.entries(request.headersDistinct).map(([name, values]) => [name, values?.join(', ')]));
