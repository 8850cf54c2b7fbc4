import { latin1Of } from '../../graphql/engine/write-answer.ts';
import { AppError } from '../../kernel/errors.ts';
import type { RestRoute } from '../../rest/route.ts';
import { type Exchange, sendEmpty, sendLatin1 } from '../exchange.ts';
import { openApiOf } from './openapi.ts';
import { PAGE_HEADERS, pageOf } from './page.ts';

const DESCRIPTION = '/v1/openapi.json';
const PAGE = '/v1/docs';

const VERSION = '1';

/** The description and the page that shows it: the same for everybody, and made when first asked for. */
export function createDescribed(routes: readonly RestRoute[]) {
  let description: object | null = null;
  let texts: ReadonlyMap<string, readonly [latin1: string, type: string]> | null = null;
  const made = () => {
    description ??= openApiOf(routes, VERSION);
    texts ??= new Map([
      [DESCRIPTION, [latin1Of(JSON.stringify(description)), 'application/json; charset=utf-8']],
      [PAGE, [latin1Of(pageOf(description)), 'text/html; charset=utf-8']],
    ]);
    return texts;
  };
  /** Whether the path is one of theirs, which then is answered. */
  return (exchange: Exchange): boolean => {
    const { path, method } = exchange;
    if (path !== DESCRIPTION && path !== PAGE) return false;
    if (method === 'OPTIONS') {
      sendEmpty(exchange, 204, { allow: 'GET, HEAD, OPTIONS' });
      return true;
    }
    if (method !== 'GET' && method !== 'HEAD') throw new AppError('METHOD_NOT_ALLOWED', 'Use GET');
    const [latin1 = '', type = ''] = made().get(path) ?? [];
    sendLatin1(exchange, 200, latin1, type, path === PAGE ? PAGE_HEADERS : null);
    return true;
  };
}
