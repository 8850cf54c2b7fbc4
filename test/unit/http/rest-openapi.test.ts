import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { routesOf } from '../../../src/app/routes.ts';
import { openApiOf } from '../../../src/http/rest/openapi.ts';
import { PAGE_HEADERS, pageOf } from '../../../src/http/rest/page.ts';

const ROUTES = routesOf();

// biome-ignore lint/suspicious/noExplicitAny: read as the description has it
const description = openApiOf(ROUTES, '1') as any;

describe('the description of /v1', () => {
  it('case 227: has every route, twice, and nothing else', () => {
    const described = Object.entries(description.paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const real = ROUTES.flatMap(({ method, path }) => [`${method} /v1${path}`, `${method} /v1/teams/{teamId}${path}`]);
    expect([...described].sort()).toEqual([...real].sort());
    expect(new Set(ROUTES.map(({ name }) => name)).size).toBe(ROUTES.length);
  });

  it.each(ROUTES)('of $method $path has the members of its body and its answer, its query and its path', (route) => {
    const { parameters, requestBody, responses } = description.paths[`/v1${route.path}`][route.method.toLowerCase()];
    const names = (place: string): string[] =>
      parameters.filter((each: { in: string }) => each.in === place).map(({ name }: { name: string }) => name);
    expect(names('path').map((name) => `{${name}}`)).toEqual(route.path.match(/\{\w+\}/g) ?? []);
    expect(names('query')).toEqual(Object.keys(route.query ?? {}));
    const body = requestBody?.content['application/json'].schema;
    expect(Object.keys(body?.properties ?? {})).toEqual(
      route.body ? Object.keys((route.body as z.ZodObject).shape) : [],
    );
    if (body) expect(body.additionalProperties).toBe(false);
    const { data } = responses[200].content['application/json'].schema.properties;
    expect(Object.keys(data.properties)).toEqual(Object.keys((route.answer as z.ZodObject).shape));
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(['200', '400', '401', '403', '404', '429', '500']));
  });

  it('has the rules of the models', () => {
    const { schema } =
      description.paths['/v1/projects/{projectId}/secrets'].post.requestBody.content['application/json'];
    expect(schema.required).toEqual(['name', 'secretType', 'priority']);
    expect(schema.properties.name).toMatchObject({
      minLength: 3,
      maxLength: 100,
      pattern: '^[a-zA-Z0-9]+((-| )[a-zA-Z0-9]+)*$',
    });
    expect(schema.properties.priority).toMatchObject({ type: 'integer', minimum: 0, maximum: 100 });
    expect(JSON.stringify(schema.properties.tags)).toContain('"uniqueItems":true');
  });

  it('refers to nothing that is not there', () => {
    const references = [...JSON.stringify(description).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) => path);
    expect(references.length).toBeGreaterThan(100);
    for (const path of new Set(references)) {
      expect(path.split('/').reduce((at, step) => at?.[step], description)).toBeDefined();
    }
  });
});

describe('the page', () => {
  it('holds no script and loads nothing', () => {
    const page = pageOf(description);
    expect(page).not.toMatch(/<script|<link|<img|src=|https?:|\son\w+=/i);
    expect(PAGE_HEADERS['content-security-policy']).toContain("default-src 'none'");
    for (const { summary } of ROUTES) expect(page).toContain(summary.replaceAll("'", '&#39;'));
  });

  it('escapes whatever the description says', () => {
    const hostile = openApiOf(
      [{ ...(ROUTES[0] as (typeof ROUTES)[0]), summary: '<b>&"', answer: z.strictObject({ '<i>': z.string() }) }],
      '1',
    );
    expect(pageOf(hostile)).toContain('&lt;b&gt;&amp;&quot;');
    expect(pageOf(hostile)).not.toContain('<i>');
  });
});
