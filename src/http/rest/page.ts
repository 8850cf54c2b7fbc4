import { createHash } from 'node:crypto';

/** The page that shows the description: no script, nothing from elsewhere, no frame around it. */

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
h1,h2{line-height:1.2}h2{margin-top:2.5rem;border-bottom:1px solid #d0d7de}
details{margin:.4rem 0;border:1px solid #d0d7de;border-radius:.4rem}summary{padding:.5rem .8rem;cursor:pointer}
summary code{font-weight:600}details>div{padding:0 .8rem .8rem}pre{overflow:auto;background:#f6f8fa;padding:.8rem;border-radius:.4rem}
table{border-collapse:collapse}td,th{text-align:left;padding:.2rem .8rem .2rem 0;vertical-align:top}
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}pre{background:#161b22}details,h2{border-color:#30363d}}`;

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'referrer-policy': 'no-referrer',
};

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
}
interface Operation {
  readonly tags: readonly string[];
  readonly summary: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object }>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}
interface Description {
  readonly info: { readonly title: string; readonly description: string };
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const text = (given: string): string => given.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');

const schema = (title: string, content: Operation['requestBody']): string => {
  const found = content?.content['application/json']?.schema;
  return found ? `<p>${title}</p><pre>${text(JSON.stringify(found, null, 2))}</pre>` : '';
};

const row = ({ name, in: place, required = false, description = '' }: Parameter): string =>
  `<tr><td><code>${text(name)}</code></td><td>${place}</td><td>${required ? 'required' : ''}</td><td>${text(description)}</td></tr>`;

function operation(path: string, method: string, found: Operation): string {
  const { summary, parameters, requestBody, responses } = found;
  return `<details><summary><code>${method.toUpperCase()} ${text(path)}</code> ${text(summary)}</summary><div>
${parameters.length > 0 ? `<table><tbody>${parameters.map(row).join('')}</tbody></table>` : ''}
${schema('Body', requestBody)}${schema('Answer', responses['200'] as Operation['requestBody'])}</div></details>`;
}

/** All routes in short form, by group. */
export function pageOf(description: object): string {
  const { info, tags, paths } = description as Description;
  const all = Object.entries(paths)
    .filter(([path]) => !path.startsWith('/v1/teams/'))
    .flatMap(([path, methods]) => Object.entries(methods).map(([method, found]) => ({ path, method, found })));
  const groups = tags.map(({ name }) => {
    const own = all.filter(({ found }) => found.tags.includes(name));
    return `<h2>${text(name)}</h2>\n${own.map(({ path, method, found }) => operation(path, method, found)).join('\n')}`;
  });
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${text(info.title)}: REST</title><style>${STYLE}</style></head>
<body><h1>${text(info.title)}: REST</h1><p>${text(info.description)} The same as a document: <a href="openapi.json">openapi.json</a>.
Every path exists with <code>/v1/teams/{teamId}</code> in place of <code>/v1</code>, too.</p>
${groups.join('\n')}</body></html>`;
}
