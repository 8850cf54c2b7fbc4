/** Operations that the tests of streams share. */
export const CHANGES = `subscription ($project: Slug, $kinds: [DocumentKind!], $after: Cursor) {
  changes(project: $project, kinds: $kinds, after: $after) { __typename
    ... on CommitEvent { cursor seq at actor operation
      changes { kind project name id revision keys { variables { added removed changed } } } }
    ... on HistoryExpired { cursor } } }`;

export const ENVIRONMENT_CHANGED = `subscription ($project: Slug! = "default-project", $service: ID!, $scope: Scope, $after: Cursor) {
  environmentChanged(project: $project, workload: { kind: SERVICE, id: $service }, scope: $scope, after: $after) { __typename
    ... on EnvironmentEvent { cursor seq digest variables { added removed changed } files { added removed changed }
      environment { seq digest variables { name value masked } } }
    ... on HistoryExpired { cursor } } }`;

export const GLOBALS_CHANGED = `subscription ($slug: Slug, $after: Cursor) { globalSecretChanged(slug: $slug, after: $after) { __typename
  ... on GlobalSecretEvent { cursor seq changes { kind project name revision keys { variables { added removed changed } } } globalSecrets { slug } } ... on HistoryExpired { cursor } } }`;

export const RESTART_REQUESTED = `subscription ($workload: WorkloadRefInput!, $after: Cursor) {
  restartRequested(project: "default-project", workload: $workload, after: $after) { __typename
    ... on WorkloadRegisteredEvent { cursor seq at }
    ... on RestartRequestedEvent { cursor seq at scopes wantedSeq reason request { id workloadId state wave } }
    ... on HistoryExpired { cursor } } }`;

export const APP_SECRETS_CHANGED = `subscription ($app: Slug!, $environment: Slug!, $after: Cursor) {
  appSecretsChanged(app: $app, environment: $environment, after: $after) { __typename
    ... on AppSecretsEvent { cursor seq at secrets all }
    ... on HistoryExpired { cursor } } }`;
