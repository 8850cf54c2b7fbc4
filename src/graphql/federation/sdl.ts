import {
  type ConstDirectiveNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  parseConstValue,
  print,
  printSchema,
  visit,
} from 'graphql';
import { SHAREABLE, type Shape } from './shape.ts';

/** The newest version that the composers in use agree on. */
const LINK = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable"])`;

/** What a composer is given: the subgraph's types with the directives that say how they fit into the larger graph. */
export function subgraphSdl({ schema, entities }: Shape): string {
  const keys = new Map(entities.map(({ name, key }) => [name, key.join(' ')]));
  const document = visit(parse(printSchema(schema), { noLocation: true }), {
    ObjectTypeDefinition(node): ObjectTypeDefinitionNode | undefined {
      const key = keys.get(node.name.value);
      if (key !== undefined) return { ...node, directives: [directive('key', { fields: key })] };
      return SHAREABLE.includes(node.name.value) ? { ...node, directives: [directive('shareable')] } : undefined;
    },
  });
  return `${LINK}\n\n${print(document)}\n`;
}

const directive = (name: string, given: Readonly<Record<string, string>> = {}): ConstDirectiveNode => ({
  kind: Kind.DIRECTIVE,
  name: { kind: Kind.NAME, value: name },
  arguments: Object.entries(given).map(([argument, value]) => ({
    kind: Kind.ARGUMENT,
    name: { kind: Kind.NAME, value: argument },
    value: parseConstValue(JSON.stringify(value)),
  })),
});
