import type { GraphiQLOptions } from 'graphql-yoga';

/** The main job in five operations: the README shows the same ones, in the same order (`test/e2e/readme.test.ts`). */
export const FIRST_OPERATIONS: readonly string[] = [
  `mutation CreateProject {
  createProject(input: { name: "Default Project" }) {
    ... on CreateProjectPayload { project { slug } }
    ... on Error { code message }
  }
}
`,
  `mutation RegisterService {
  putService(input: {
    project: "default-project", id: "example-service"
    name: "Example Service"
  }) {
    ... on PutServicePayload { service { id } }
    ... on Error { code message }
  }
}
`,
  `mutation CreateSecretGroup {
  createSecretGroup(input: {
    project: "default-project", name: "Example Secret"
    secretType: ENVIRONMENT, priority: 10
    restrictions: {
      workloads: [{ id: "example-service", kind: SERVICE }]
    }
    variables: [
      { name: "NODE_ENV", value: "production" }
      { name: "GREETING", value: "hello from \${NODE_ENV}" }
    ]
  }) {
    ... on CreateSecretGroupPayload { secretGroup { slug } }
    ... on Error { code message }
  }
}
`,
  `query ResolveAndExplain {
  project(slug: "default-project") {
    service(id: "example-service") {
      environment(scope: RUNTIME) {
        seq digest variables { name value }
        explain(name: "GREETING") {
          outcome winner { rule priority }
          references { reference target status }
        }
      }
    }
  }
}
`,
  `mutation CreateServiceToken {
  createToken(input: {
    name: "example service", kind: DEPENDENT, role: "dependent"
    workload: {
      project: "default-project", kind: SERVICE, id: "example-service"
    }
  }) {
    ... on CreateTokenPayload { text }
    ... on Error { code message }
  }
}
`,
];

/** What the Headers pane holds until somebody pastes a token over it. */
const PLACEHOLDER = 'Bearer OWNER_TOKEN';

const HEADERS = `{
  "Authorization": "${PLACEHOLDER}"
}`;

const WELCOME = `# The owner's token is printed in the terminal by the
# first start, which also writes it to ./data/owner.token
# (or KEYLOOM_OWNER_TOKEN_FILE, or in KEYLOOM_DATA).
# 1. Paste it over OWNER_TOKEN under Headers below;
#    all tabs use it.
# 2. Re-fetch the schema (Shift-Ctrl-R) for completion.
# 3. Run the five tabs from left to right.

`;

const OPTIONS: GraphiQLOptions = {
  title: 'Keyloom',
  headers: HEADERS,
  defaultQuery: '',
  defaultTabs: FIRST_OPERATIONS.map((query, at) => ({ query: at === 0 ? WELCOME + query : query, headers: HEADERS })),
  defaultEditorToolsVisibility: 'headers',
};

/** GraphiQL keeps headers by tab. A token that was pasted into one of them serves the others too, also after a reload. */
const SHARED_TOKEN = `<script>
  {
    const send = window.fetch;
    const key = 'keyloom:authorization';
    window.fetch = (url, init) => {
      const headers = new Headers(init?.headers);
      const own = headers.get('authorization');
      const shared = sessionStorage.getItem(key);
      if (own !== null && own !== '${PLACEHOLDER}') sessionStorage.setItem(key, own);
      else if (shared !== null) headers.set('authorization', shared);
      return send(url, { ...init, headers });
    };
  }
</script>`;

/** The page, with all that it needs in it: an owner's token is typed there, so nothing of it comes from elsewhere. */
export async function graphiqlPage(options: GraphiQLOptions): Promise<string> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  return renderGraphiQL({ ...options, ...OPTIONS }).replace('<div id="root"></div>', (root) => root + SHARED_TOKEN);
}
