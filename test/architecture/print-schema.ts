import { writeFileSync } from 'node:fs';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { schema } from '../support/schema.ts';

/** The text of `schema.graphql`. */
export const printed = (): string => `${printSchema(lexicographicSortSchema(schema))}\n`;

/** `--released`: as the schema that later ones are compared with, which a release does. */
if (process.argv[1]?.endsWith('print-schema.ts')) {
  const isRelease = process.argv.includes('--released');
  writeFileSync(isRelease ? 'test/architecture/released.graphql' : 'schema.graphql', printed());
}
