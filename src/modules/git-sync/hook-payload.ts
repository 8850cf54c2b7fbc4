import { scanJson, withoutBom } from '../../kernel/json-scan.ts';
import type { Limits } from '../../kernel/limits.ts';
import type { Gitops } from '../global-secrets/model.ts';

type Members = { readonly [name: string]: unknown };

const at = (value: unknown, ...path: readonly string[]): unknown => {
  let found = value;
  for (const name of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined;
    found = (found as Members)[name];
  }
  return found;
};

/** Where GitHub, GitLab, Bitbucket, Azure and others write which repository it is about. */
const URLS: readonly (readonly string[])[] = [
  ['repository', 'clone_url'],
  ['repository', 'html_url'],
  ['repository', 'git_http_url'],
  ['repository', 'homepage'],
  ['repository', 'url'],
  ['repository', 'links', 'html', 'href'],
  ['project', 'git_http_url'],
  ['project', 'web_url'],
  ['resource', 'repository', 'remoteUrl'],
];

const FORM = /^application\/x-www-form-urlencoded[ \t]*(?:;|$)/i;

/** The JSON of a delivery: its body, or the one field `payload` of a form, which is what GitHub sends unless told otherwise. */
function jsonOf(body: Uint8Array, contentType: string): string | null {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  if (!FORM.test(contentType)) return withoutBom(text);
  const [payload, ...more] = new URLSearchParams(text).getAll('payload');
  return payload === undefined || more.length > 0 ? null : payload;
}

/** Null when it is no JSON object within the limits. */
export function payloadOf(
  body: Uint8Array,
  contentType: string,
  limits: Pick<Limits, 'jsonDepth' | 'jsonItems'>,
): object | null {
  const text = jsonOf(body, contentType);
  if (text === null) return null;
  if (scanJson(text, limits.jsonDepth, limits.jsonItems)) return null;
  const root: unknown = JSON.parse(text);
  return typeof root === 'object' && root !== null && !Array.isArray(root) ? root : null;
}

/** Host and path, however it is written. */
function plain(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url ? `${url.host}${url.pathname}`.toLowerCase().replace(/(\.git)?\/?$/, '') : '';
}

/** Whether a delivery may be about this repository and branch: what it does not say, it may be. */
export function isAbout(payload: object, { repoUrl, branch }: Gitops): boolean {
  const urls = URLS.map((path) => at(payload, ...path)).filter((url) => typeof url === 'string');
  if (urls.length > 0 && !urls.some((url) => plain(url) === plain(repoUrl))) return false;
  const ref = at(payload, 'ref');
  return typeof ref !== 'string' || !ref.startsWith('refs/') || ref === `refs/heads/${branch}`;
}
