import { AppError } from '../kernel/errors.ts';
import type { Hook } from '../kernel/hook.ts';
import type { Limits } from '../kernel/limits.ts';
import { readBody } from './body.ts';
import { type Exchange, sendJson } from './exchange.ts';
import type { Route } from './graphql-route.ts';

/** What the paths begin with; a name and an id follow. */
export const HOOKS = '/v1/hooks/';

const STATUS = { accepted: 202, unauthorized: 401, malformed: 400 } as const;
const MAX_ID = 500;

/** The part of a path that may be logged: ids of hooks are half a credential. */
export function loggedHookPath(path: string): string {
  const end = path.indexOf('/', HOOKS.length);
  return path.slice(0, end < 0 ? HOOKS.length : end + 1).slice(0, 200);
}

/** The route of a path under `HOOKS`; undefined: nobody hears there. */
export function hookRoutes(hooks: readonly Hook[], limits: Pick<Limits, 'bodyBytes'>) {
  const routes = new Map(hooks.map((hook) => [`${HOOKS}${hook.name}/`, hookRoute(hook, limits)]));
  return (path: string): Route | undefined =>
    path.startsWith(HOOKS) ? routes.get(path.slice(0, path.indexOf('/', HOOKS.length) + 1)) : undefined;
}

/** Answers at once, and without a word of what it means: 202, 401 or 400. */
function hookRoute(hook: Hook, limits: Pick<Limits, 'bodyBytes'>): Route {
  const start = HOOKS.length + hook.name.length + 1;
  return async (exchange) => {
    if (exchange.method !== 'POST') throw new AppError('METHOD_NOT_ALLOWED', 'Use POST');
    const id = exchange.path.slice(start);
    // Strangers are refused before their bodies are read.
    if (id.length > MAX_ID || !hook.isKnown(id)) return sendJson(exchange, STATUS.unauthorized, {});
    const body = await readBody(exchange, { most: limits.bodyBytes }).catch((error: unknown) => {
      if (error instanceof AppError) return null;
      throw error;
    });
    const answer = body === null ? 'malformed' : await hook.receive(id, headersOf(exchange), body);
    sendJson(exchange, STATUS[answer], {});
  };
}

/** A header given twice counts as both together, which no check accepts. */
const headersOf = ({ request }: Exchange): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(Object.entries(request.headersDistinct).map(([name, values]) => [name, values?.join(', ')]));
