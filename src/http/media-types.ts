/** What clients of GraphQL accept besides plain JSON. */
export const EVENTS = 'text/event-stream';
export const GRAPHQL_TYPE = 'application/graphql-response+json';
