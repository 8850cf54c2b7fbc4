/** What the resolve bench asks for: one service's environment of 50 variables over 10 groups. */
export const GROUPS = 10;
export const PER_GROUP = 5;

export const variables = Array.from({ length: GROUPS * PER_GROUP }, (_, i) => ({
  name: `VARIABLE_${i}`,
  value: `value-${i}-${'x'.repeat(20)}`,
}));

export const OPERATION = JSON.stringify({
  query: `query Runtime($project: Slug!, $service: ID!) {
    project(slug: $project) { service(id: $service) { environment(scope: RUNTIME) { seq digest variables { name value } } } } }`,
  variables: { project: 'default-project', service: 'example-service' },
});
