const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@external", "@requires", "@provides"])`;

const WORKLOADS = `
  type Service @key(fields: "projectId id") { projectId: ID! id: ID! project: Project! name: String! tags: [String!]! }
  type Job @key(fields: "projectId id") { projectId: ID! id: ID! name: String! }
  type PageInfo @shareable { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }`;

/** A deploy platform with the names that such platforms have: it takes a prefix to stand beside it. */
export const PLATFORM = `${LINK}
  ${WORKLOADS}
  interface Node { id: ID! }
  type Project implements Node @key(fields: "id") { id: ID! name: String! services: [Service!]! }
  type Environment { id: ID! name: String! }
  type Token { id: ID! }
  type ServiceConnection { edges: [ServiceEdge!]! pageInfo: PageInfo! }
  type ServiceEdge { cursor: String! node: Service! }
  type Error { message: String! }
  type Query {
    node(id: ID!): Node
    nodes(ids: [ID!]!): [Node]!
    project(id: ID!): Project
    projects: [Project!]!
    service(projectId: ID!, id: ID!): Service
    services(projectId: ID!, count: Int = 1): [Service!]!
    viewer: String
  }`;

/** The same without a name that Keyloom has, too. */
export const MODEST_PLATFORM = `${LINK}
  ${WORKLOADS.replaceAll('Project!', 'Estate!')}
  type Estate @key(fields: "id") { id: ID! name: String! }
  type Query { service(projectId: ID!, id: ID!): Service services(projectId: ID!, count: Int = 1): [Service!]! }`;
