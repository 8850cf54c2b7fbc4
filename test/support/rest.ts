import type { TestApp } from './start-app.ts';

export interface RestAnswer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: answers are read as the test expects them
  readonly body: any;
}

export interface RestOptions {
  /** As JSON; a text is sent as it is. */
  readonly body?: unknown;
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request to `/v1`, as the owner unless another token is given; null: as a stranger. */
export async function rest(
  { url, owner }: Pick<TestApp, 'url' | 'owner'>,
  method: string,
  path: string,
  { body, token = owner, headers = {} }: RestOptions = {},
): Promise<RestAnswer> {
  const response = await fetch(`${url}/v1${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) };
}
