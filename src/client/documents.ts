/**
 * What the client asks. `types.ts` is made of these and of schema.graphql by `npm run schema`, so that neither can move
 * without the other.
 */

const RESOLVED = `seq digest
  variables { name value masked error { code } }
  files { path data masked error { code } }
  dockerSecretMounts { name data masked error { code } }
  unresolved { name reference reason }`;

const NAMES = 'added removed changed';

/** Each by the name of its operation, which its types carry too. */
export const DOCUMENTS = {
  ServiceEnvironment: `query ServiceEnvironment($project: Slug!, $id: ID!, $scope: Scope!) {
  project(slug: $project) { workload: service(id: $id) { environment(scope: $scope) { ${RESOLVED} } } } }`,

  JobEnvironment: `query JobEnvironment($project: Slug!, $id: ID!, $scope: Scope!) {
  project(slug: $project) { workload: job(id: $id) { environment(scope: $scope) { ${RESOLVED} } } } }`,

  ServiceStanding: `query ServiceStanding($project: Slug!, $id: ID!, $scope: Scope!) {
  project(slug: $project) { workload: service(id: $id) { environment(scope: $scope) { seq digest } } } }`,

  JobStanding: `query JobStanding($project: Slug!, $id: ID!, $scope: Scope!) {
  project(slug: $project) { workload: job(id: $id) { environment(scope: $scope) { seq digest } } } }`,

  OwnWorkload: 'query OwnWorkload { viewer { workload { project kind id } } }',

  EnvironmentChanges: `subscription EnvironmentChanges(
  $project: Slug!, $workload: WorkloadRefInput!, $scope: Scope!, $after: Cursor
) {
  environmentChanged(project: $project, workload: $workload, scope: $scope, after: $after) {
    __typename
    ... on EnvironmentEvent {
      cursor seq at digest
      variables { ${NAMES} } files { ${NAMES} } dockerSecretMounts { ${NAMES} }
    }
    ... on HistoryExpired { cursor }
  } }`,
} as const;
