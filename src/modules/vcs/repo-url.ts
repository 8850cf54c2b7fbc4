/** Rules for addresses of repositories and for names in them. Pure; none of the messages repeats what was given. */

export interface Trouble {
  readonly rule: string;
  readonly message: string;
}

const MAX_LENGTH = 2_048;
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

/** What is wrong with the address of a repository, or of a service (`minSegments` 0); null when nothing is. */
export function urlTrouble(text: string, minSegments = 1): Trouble | null {
  // Length first: nothing else is done with a long text.
  if (text.length > MAX_LENGTH)
    return { rule: 'max', message: `must have at most ${MAX_LENGTH.toLocaleString('en')} characters` };
  if (!VISIBLE_ASCII.test(text) || text.includes('\\'))
    return { rule: 'url', message: 'must be a URL in ASCII without spaces and backslashes' };
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url) return { rule: 'url', message: 'must be a URL such as https://git.example.com/team/repository' };
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return { rule: 'protocol', message: 'must be an https URL' };
  if (url.username !== '' || url.password !== '')
    return { rule: 'credentials', message: 'must not contain credentials' };
  if (/[?#]/.test(text)) return { rule: 'url', message: 'must have no query and no fragment' };
  return segmentsTrouble(url, minSegments);
}

function segmentsTrouble(url: URL, minSegments: number): Trouble | null {
  const segments = url.pathname.replace(/^\//, '').replace(/\/$/, '').split('/');
  const named = segments.length === 1 && segments[0] === '' ? [] : segments;
  if (named.length < minSegments) return { rule: 'path', message: 'must name a repository behind the host' };
  for (const segment of [...url.hostname.split('.'), ...named]) {
    const decoded = decode(segment);
    if (decoded === null || /[\p{Cc}/\\]/u.test(decoded))
      return {
        rule: 'path',
        message: 'must be percent-encoded, without control characters, and without slashes that are encoded',
      };
    if (decoded.startsWith('-')) return { rule: 'hyphen', message: 'must have no segment that begins with a hyphen' };
    if (decoded === '' || decoded === '.' || decoded === '..') {
      return { rule: 'path', message: 'must have no empty, `.` or `..` segment' };
    }
  }
  return null;
}

function decode(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}

/** The one spelling of an address that passed: lower-case host, no slash at the end. */
export const canonicalUrl = (text: string): string => new URL(text).href.replace(/\/$/, '');

const FORBIDDEN_IN_REF = /[\p{Cc} ~^:?*[\\]|\.\.|@\{|\/\/|^\/|\/$|\.$/u;

/** What is wrong with the name of a branch, by git's own rules for refs and one more: no hyphen at its beginning. */
export function branchTrouble(name: string): Trouble | null {
  if (name.length > 255) return { rule: 'max', message: 'must have at most 255 characters' };
  if (name === '') return { rule: 'min', message: 'must not be empty' };
  if (name.startsWith('-')) return { rule: 'hyphen', message: 'must not begin with a hyphen' };
  const isRef =
    name !== '@' &&
    name.isWellFormed() &&
    !FORBIDDEN_IN_REF.test(name) &&
    name.split('/').every((part) => !part.startsWith('.') && !part.endsWith('.lock'));
  return isRef
    ? null
    : {
        rule: 'pattern',
        message:
          'must be a branch name as git allows it: without spaces, control characters, ~ ^ : ? * [ \\ .. @{ and //, no slash at either end, no dot at the end, and no part that begins with a dot or ends in .lock',
      };
}

const FILE_PATH = /^\/([a-zA-Z0-9\-._]+\/)*[a-zA-Z0-9\-._]+$/;

export function filePathTrouble(path: string): Trouble | null {
  if (path.length > 1_024) return { rule: 'max', message: 'must have at most 1,024 characters' };
  if (!FILE_PATH.test(path)) {
    return {
      rule: 'pattern',
      message: 'must be an absolute path, beginning with a slash, of letters, digits, dots, underscores and hyphens',
    };
  }
  const segments = path.slice(1).split('/');
  if (segments.some((segment) => segment.startsWith('-'))) {
    return { rule: 'hyphen', message: 'must have no segment that begins with a hyphen' };
  }
  const isOdd = segments.some((segment) => /^\.+$/.test(segment) || segment.toLowerCase() === '.git');
  return isOdd ? { rule: 'path', message: 'must have no `.`, `..` or `.git` segment' } : null;
}
