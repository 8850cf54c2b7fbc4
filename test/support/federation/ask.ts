import { type AppOptions, startApp, type TestApp } from '../start-app.ts';

/** Who asks: the gateway and its user; null: without. */
export interface Asking {
  readonly gateway: string | null;
  readonly user: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly path?: string;
}

const KEY = ['projectId', 'id'] as const;

/** A gateway that is a part of a larger graph. */
export const startFederated = (options: AppOptions = {}): Promise<TestApp> =>
  startApp({ federation: { prefix: '', key: KEY }, ...options });

export const gatewayToken = (app: TestApp, over: object = {}): Promise<string> =>
  app.token('gateway', { kind: 'GATEWAY', ...over });

/** One request as a federation gateway sends it. */
export async function ask(app: Pick<TestApp, 'url'>, asking: Asking, query: string, variables: object = {}) {
  const { gateway, user, headers = {}, path = '/federation' } = asking;
  const response = await fetch(`${app.url}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(gateway === null ? {} : { 'x-keyloom-gateway': gateway }),
      ...(user === null ? {} : { authorization: `Bearer ${user}` }),
      ...headers,
    },
    body: JSON.stringify({ query, variables }),
  });
  const text = await response.text();
  // biome-ignore lint/suspicious/noExplicitAny: answers are read as the test's own query shaped them
  const { data, errors } = JSON.parse(text) as { data?: any; errors?: { extensions: { code: string } }[] };
  return { status: response.status, text, data, code: errors?.[0]?.extensions.code ?? 'OK' };
}

export const ENTITIES = `query ($representations: [_Any!]!) { _entities(representations: $representations) {
  __typename
  ... on Service { projectId id environment { variables { name value masked } } }
  ... on SecretGroup { slug variables { name value masked } }
} }`;

/** What a gateway knows of a service. */
export const aService = (id: string, projectId = 'default-project') => ({ __typename: 'Service', projectId, id });
