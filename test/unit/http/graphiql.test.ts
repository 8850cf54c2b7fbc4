import { runInNewContext } from 'node:vm';
import { beforeAll, expect, it } from 'vitest';
import { FIRST_OPERATIONS, graphiqlPage } from '../../../src/http/graphiql.ts';

let page = '';
beforeAll(async () => {
  page = await graphiqlPage({ endpoint: '/graphql' });
});

function optionsIn(text: string): Record<string, unknown> {
  const [, json = ''] =
    /renderYogaGraphiQL\(\s*window\.document\.querySelector\('#root'\),\s*(\{.*\}),\s*\);/.exec(text) ?? [];
  return JSON.parse(json);
}

it('opens the five operations in tabs, with the Headers pane open and a line that says where the token is', () => {
  const { defaultTabs, ...options } = optionsIn(page);
  const tabs = defaultTabs as readonly { readonly query: string; readonly headers: string }[];
  const [welcome = '', ...rest] = tabs.map(({ query }) => query);
  expect(rest).toEqual(FIRST_OPERATIONS.slice(1));
  expect(welcome.endsWith(`\n\n${FIRST_OPERATIONS[0]}`)).toBe(true);
  expect(welcome).toContain("The owner's token is printed in the terminal");
  expect(welcome).toContain('./data/owner.token');
  expect(options).toMatchObject({ title: 'Keyloom', endpoint: '/graphql', defaultEditorToolsVisibility: 'headers' });
  for (const { headers } of tabs) expect(JSON.parse(headers)).toEqual({ Authorization: 'Bearer OWNER_TOKEN' });
});

it('shows no text of the stock page', () => {
  // An operation of the address, or the stock text, would be shown if neither tabs nor a default were given.
  expect(optionsIn(page)).toHaveProperty('defaultQuery', '');
  expect(optionsIn(page)).not.toHaveProperty('query');
});

it('sends the token that was pasted into one tab from all of them, another one that a tab has, and the last after a reload', () => {
  const [, script = ''] = /<div id="root"><\/div><script>([\s\S]*?)<\/script>/.exec(page) ?? [];
  const sent: (string | null)[] = [];
  const fetch = (_url: string, init: { readonly headers: Headers; readonly method: string }): void => {
    expect(init.method).toBe('POST');
    expect(init.headers.get('accept')).toBe('application/json');
    sent.push(init.headers.get('authorization'));
  };
  const kept = new Map<string, string>();
  const sessionStorage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
  };
  const window = { fetch };
  const load = (): void => {
    window.fetch = fetch;
    runInNewContext(script, { window, Headers, sessionStorage });
  };
  load();
  const send = (authorization: string | null): void => {
    const headers = new Headers({ accept: 'application/json', ...(authorization ? { authorization } : {}) });
    window.fetch('/graphql', { method: 'POST', headers });
  };
  for (const each of ['Bearer OWNER_TOKEN', 'Bearer a', 'Bearer OWNER_TOKEN', null, 'Bearer b', 'Bearer OWNER_TOKEN'])
    send(each);
  load();
  send(null);
  const after = ['Bearer a', 'Bearer a', 'Bearer a', 'Bearer b', 'Bearer b', 'Bearer b'];
  expect(sent).toEqual(['Bearer OWNER_TOKEN', ...after]);
});
