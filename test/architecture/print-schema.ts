import { writeFileSync } from 'node:fs';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { schema } from '../../src/graphql/schema.ts';

/** The text of `schema.graphql`. */
export const printed = (): string => `${printSchema(lexicographicSortSchema(schema))}\n`;

if (process.argv[1]?.endsWith('print-schema.ts')) writeFileSync('schema.graphql', printed());
