/** Operations that the tests of streams share. */
export const CHANGES = `subscription ($project: Slug, $kinds: [DocumentKind!], $after: Cursor) {
  changes(projectId: $project, kinds: $kinds, after: $after) { __typename
    ... on CommitEvent { cursor seq at actor operation
      changes { kind project name id revision keys { variables { added removed changed } } } }
    ... on HistoryExpired { cursor } } }`;

export const ENVIRONMENT_CHANGED = `subscription ($project: Slug! = "default-project", $service: String!, $scope: Scope, $after: Cursor) {
  environmentChanged(projectId: $project, workload: { kind: SERVICE, id: $service }, scope: $scope, after: $after) { __typename
    ... on EnvironmentEvent { cursor seq digest variables { added removed changed } files { added removed changed }
      environment { seq digest variables { name value masked } } }
    ... on HistoryExpired { cursor } } }`;

export const GLOBALS_CHANGED = `subscription ($slug: Slug, $after: Cursor) { globalSecretChanged(slug: $slug, after: $after) { __typename
  ... on GlobalSecretEvent { cursor seq changes { kind project name revision keys { variables { added removed changed } } } globalSecrets { slug } } ... on HistoryExpired { cursor } } }`;
