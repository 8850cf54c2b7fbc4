import { z } from 'zod';
import { given, type JsonObject, type Reply } from './route.ts';

/** What is a name and a description: projects and tags. */
export interface PlainResult {
  readonly slug?: string;
  readonly name: string;
  readonly description: string | null;
  readonly revision: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export const PLAIN_FIELDS = 'name description revision createdAt updatedAt';
export const plainAnswer = z.strictObject({
  id: z.string(),
  name: z.string(),
  description: z.string().optional(),
  createdAt: z.string(),
  updatedAt: z.string(),
});

/** A tag is called by its name. */
export const plainOf = ({ slug, name, description, createdAt, updatedAt }: PlainResult): JsonObject =>
  given({ id: slug ?? name, name, description: description ?? undefined, createdAt, updatedAt });
export const shownPlain = (found: PlainResult): Reply => ({ data: plainOf(found), etag: String(found.revision) });
