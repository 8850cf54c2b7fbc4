import findMyWay from 'find-my-way';
import { AppError } from '../../kernel/errors.ts';
import { SLUG } from '../../kernel/ids.ts';
import type { RestRoute } from '../../rest/route.ts';

export interface Found {
  readonly route: RestRoute;
  /** Decoded once. */
  readonly path: Readonly<Record<string, string>>;
  /** The team that the path names; null: it names none. */
  readonly team: string | null;
}

export interface Router {
  /** The route of GET is that of HEAD, too. NOT_FOUND for a path that is no route's; METHOD_NOT_ALLOWED, with what is allowed, for another method. */
  find(method: string, path: string): Found;
  /** As the `Allow` header has them; empty: the path is no route's. */
  allowed(path: string): readonly string[];
}

const PREFIX = '/v1';
const IN_TEAM = '/v1/teams/:teamId';
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
/** Nothing that a proxy, or a router, could read in another way. */
const PLAIN = /^\/v1(?:\/(?:[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})+)+$/;
const MAX_PATH = 2_000;

const notFound = (): AppError => new AppError('NOT_FOUND', 'Not found');

/** Every route, with and without the team in its path. */
function treeOf(routes: readonly RestRoute[]) {
  const router = findMyWay({ caseSensitive: true, maxParamLength: 400 });
  const unused = (): void => {};
  for (const route of routes) {
    const path = route.path.replaceAll('{', ':').replaceAll('}', '');
    for (const prefix of [PREFIX, IN_TEAM]) {
      router.on(route.method, `${prefix}${path}`, unused, { route, segments: `${prefix}${path}`.split('/') });
    }
  }
  return router;
}

/** Finds routes. Their tree is made when it is first asked: it takes as long as some requests, and many a gateway serves GraphQL alone. */
export function createRouter(routes: readonly RestRoute[]): Router {
  let tree: ReturnType<typeof treeOf> | null = null;
  const lookUp = (method: (typeof METHODS)[number], path: string): Found | null => {
    if (path.length > MAX_PATH || !PLAIN.test(path) || !isDecodable(path)) return null;
    tree ??= treeOf(routes);
    const found = tree.find(method, path);
    if (!found) return null;
    const { route, segments } = found.store as { readonly route: RestRoute; readonly segments: readonly string[] };
    // What is not a parameter has one spelling.
    const given = path.split('/');
    if (segments.some((segment, i) => !segment.startsWith(':') && segment !== given[i])) return null;
    const { teamId = null, ...params } = found.params as Readonly<Record<string, string | undefined>>;
    return { route, path: params as Readonly<Record<string, string>>, team: teamId };
  };
  const methodsOf = (path: string) => METHODS.filter((method) => lookUp(method, path) !== null);
  return {
    allowed(path) {
      const methods = methodsOf(path).flatMap((method) => (method === 'GET' ? [method, 'HEAD'] : [method]));
      return methods.length === 0 ? [] : [...methods, 'OPTIONS'];
    },
    find(method, path) {
      const wanted = method === 'HEAD' ? 'GET' : method;
      const known = METHODS.find((each) => each === wanted);
      const found = known ? lookUp(known, path) : null;
      if (found) return found;
      const others = methodsOf(path);
      if (others.length === 0) throw notFound();
      throw new AppError('METHOD_NOT_ALLOWED', `Use ${others.join(' or ')}`);
    },
  };
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

const PLATFORM_ID = /^[A-Za-z0-9-]{1,200}$/;
/** Parameters that hold ids of the platform's; all others are slugs. */
const OF_PLATFORM: ReadonlySet<string> = new Set(['serviceId', 'jobId']);

/** Whether there can be anything under these names: judged after the token, so that strangers learn nothing. */
export const isPossible = (path: Readonly<Record<string, string>>): boolean =>
  Object.entries(path).every(([name, text]) =>
    OF_PLATFORM.has(name) ? PLATFORM_ID.test(text) : text.length <= 200 && SLUG.test(text),
  );
