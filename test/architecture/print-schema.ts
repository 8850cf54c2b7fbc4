import { writeFileSync } from 'node:fs';
import { lexicographicSortSchema, parse, print, printSchema, visit } from 'graphql';
import { createSubgraph } from '../../src/graphql/federation/entities.ts';
import { schema } from '../support/schema.ts';

/** The text of `schema.graphql`. */
export const printed = (): string => `${printSchema(lexicographicSortSchema(schema))}\n`;

/** What a larger graph is composed of, without descriptions. */
export function printedSubgraph(): string {
  const { sdl } = createSubgraph(schema, { prefix: '', key: ['projectId', 'id'] });
  const bare = visit(parse(sdl), {
    enter: (node) => ('description' in node ? { ...node, description: undefined } : undefined),
  });
  return `${print(bare)}\n`;
}

/** `--released`: as what later ones are compared with, which a release does. */
if (process.argv[1]?.endsWith('print-schema.ts')) {
  const isRelease = process.argv.includes('--released');
  writeFileSync(isRelease ? 'test/architecture/released.graphql' : 'schema.graphql', printed());
  if (isRelease) writeFileSync('test/federation/released-subgraph.graphql', printedSubgraph());
}
