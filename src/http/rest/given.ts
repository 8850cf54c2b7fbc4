import { invalidInput, MAX_PROBLEMS } from '../../kernel/errors.ts';
import type { Limits } from '../../kernel/limits.ts';
import { turn } from '../../kernel/turn.ts';
import { invalid } from '../../rest/problem.ts';
import type { Given, JsonObject, RestRoute } from '../../rest/route.ts';
import { checkContentType, readBody } from '../body.ts';
import type { Caught } from '../caller.ts';
import type { Exchange } from '../exchange.ts';
import { queryPairs } from '../params.ts';
import { decodeUtf8, parseLongJson, parseStrictJson } from '../strict-json.ts';
import { schemaOf } from './schema.ts';
import { shapeTroubles } from './shape.ts';

/** Bodies up to here are judged in one go. */
const SHORT_BYTES = 65_536;
const NO_BODY: JsonObject = {};

export interface Read {
  readonly given: Given;
  readonly bytes: number;
}

/** What a request says, in the shape that the route describes. `carriesFiles`: whether its body may be large. */
export async function readGiven(
  exchange: Exchange,
  route: RestRoute,
  path: Given['path'],
  limits: Limits,
  { mayCarryFiles }: Pick<Caught, 'mayCarryFiles'>,
  carriesFiles: boolean,
): Promise<Read> {
  const { ifMatch, idempotencyKey } = headersOf(exchange);
  const query = queryOf(exchange.search, route);
  // Clients send a content type with a GET and a DELETE, too: there is nothing to read.
  if (!route.body) return { given: { path, query, body: NO_BODY, ifMatch, idempotencyKey }, bytes: 0 };
  checkContentType(exchange.request);
  const isLarge = carriesFiles && mayCarryFiles?.() !== false && limits.fileBodyBytes > limits.bodyBytes;
  const bound = isLarge
    ? { most: limits.fileBodyBytes, setting: 'KEYLOOM_LIMIT_FILE_BODY_BYTES' }
    : { most: limits.bodyBytes };
  const bytes = await readBody(exchange, { ...bound, ...(exchange.hold ? { hold: exchange.hold } : {}) });
  if (bytes.byteLength > SHORT_BYTES) await turn();
  const parsed =
    bytes.byteLength > limits.bodyBytes
      ? await parseLongJson(bytes, limits)
      : parseStrictJson(decodeUtf8(bytes), limits);
  const troubles = shapeTroubles(parsed, schemaOf(route.body));
  if (troubles.length > 0) throw invalidInput(troubles.slice(0, MAX_PROBLEMS + 1));
  return { given: { path, query, body: parsed as JsonObject, ifMatch, idempotencyKey }, bytes: bytes.byteLength };
}

const REVISION = /^"(\d{1,10})"$/;

function headersOf({ request }: Exchange): Pick<Given, 'ifMatch' | 'idempotencyKey'> {
  const { 'if-match': match, 'if-none-match': none, 'idempotency-key': key } = request.headers;
  // Left unread it would let a change overwrite what it was to spare. A POST that creates overwrites nothing.
  if (none !== undefined && ['PUT', 'PATCH', 'DELETE'].includes(request.method ?? '')) {
    const message = 'must be absent here: If-Match names the revision to change, and a POST only creates';
    throw invalid(['If-None-Match'], 'unsupported', message);
  }
  if (Array.isArray(key)) throw invalid(['Idempotency-Key'], 'unique', 'must be given once');
  if (match === undefined) return { ifMatch: null, idempotencyKey: key ?? null };
  const revision = Number(REVISION.exec(match)?.[1] ?? 0);
  if (revision < 1 || revision > 2_147_483_647) {
    throw invalid(['If-Match'], 'pattern', 'must be one revision in quotes, such as "3"');
  }
  return { ifMatch: revision, idempotencyKey: key ?? null };
}

/** What the route knows of the query, of its shape; all else is no business of its. */
function queryOf(search: string, { query: rules = {}, required = [] }: RestRoute): Given['query'] {
  const query: Record<string, string[]> = {};
  if (search !== '') {
    for (const [name, value] of queryPairs(search)) {
      if (!Object.hasOwn(rules, name)) continue;
      query[name] = [...(query[name] ?? []), value];
    }
  }
  const troubles = Object.entries(rules).flatMap(([name, rule]) => {
    const values = Object.hasOwn(query, name) ? (query[name] ?? []) : [];
    if (values.length === 0) {
      return required.includes(name) ? [{ path: [name], rule: 'required', message: 'is required' }] : [];
    }
    const schema = schemaOf(rule);
    if (schema.type === 'array') return [];
    if (values.length > 1) return [{ path: [name], rule: 'unique', message: 'must be given once' }];
    return shapeTroubles(schema.type === 'integer' ? wholeOf(values[0] ?? '') : values[0], schema).map((trouble) => ({
      ...trouble,
      path: [name],
    }));
  });
  if (troubles.length > 0) throw invalidInput(troubles);
  return query;
}

const wholeOf = (text: string): unknown => (/^-?\d{1,15}$/.test(text) ? Number(text) : text);
