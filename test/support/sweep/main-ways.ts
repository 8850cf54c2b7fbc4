import type { Walked } from './walk.ts';

/** The ways in which people really come to values, for each project: wider than the shortest way to each field. */
const ENVIRONMENT = `seq digest variables { name value masked type source { __typename } error { code path } }
  files { path data masked error { code } } dockerSecretMounts { name data masked } warnings { code names message }
  unresolved { name reference reason }
  explain(name: "DRAWN_secret") { outcome winner { priority rule } references { reference target status from } }`;

const GROUP = `slug variables { name value masked } files { path data size sha256 masked certificate { name } }
  dockerSecretMounts { name data masked } addonLinks { keys { keyName aliases } }
  revisions(first: 5) { nodes { revision variables { name value masked } } } diff(from: 1, to: 1) { variables { changed } }`;

const project = (slug: string, service: string): string => `query { project(slug: "${slug}") {
  service(id: "${service}") {
    variables { name value masked } files { path data masked }
    runtime: environment(scope: RUNTIME) { ${ENVIRONMENT} } build: environment(scope: BUILD) { ${ENVIRONMENT} }
  } } }`;
const groups = (slug: string): string =>
  `query { project(slug: "${slug}") { secretGroups(first: 20) { nodes { ${GROUP} } } } }`;
const past = (slug: string, service: string): string => `query { project(slug: "${slug}") { service(id: "${service}") {
  environment(at: AT) { ${ENVIRONMENT} } } } }`;

/** \`at\`: a commit after which nothing was written. */
export const mainWays = (at: number): readonly Walked[] =>
  [
    project('default-project', 'svc'),
    project('other', 'oth'),
    groups('default-project'),
    groups('other'),
    past('default-project', 'svc').replace('AT', String(at)),
    past('other', 'oth').replace('AT', String(at)),
    'query { globalSecrets(first: 10) { nodes { slug values files { id data masked } revision } } }',
    'query { app(slug: "example-app") { rendered(environment: "dev", mode: FULL) { secretDigest secrets { key serializedValue } unset } } }',
    'query { app(slug: "example-app") { secrets(first: 10) { nodes { slug values { environment { slug } text masked hidden revisions(first: 5) { nodes { revision text masked } } } } } } }',
  ].map((query) => ({ query, fields: [] }));
