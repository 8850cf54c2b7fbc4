import { z } from 'zod';
import { slugRule, valueRule } from '../../../src/input/rules.ts';
import type { Json } from '../../../src/store/port.ts';
import type { DocumentType, Stored } from '../../../src/vault/document.ts';

export type NoteFields = { readonly updatedAt: string };
export interface NoteBody {
  readonly text: string;
}
export const noteDocument: DocumentType<NoteFields, NoteBody> = {
  kind: 'note',
  encode: ({ text }) => ({ text }),
  decode: (json) => ({ text: (json as { readonly [name: string]: Json }).text as string }),
};
export type StoredNote = Stored<NoteFields, NoteBody>;

export const putNoteInput = z.strictObject({ project: slugRule, slug: slugRule, text: valueRule });
export type PutNoteInput = z.output<typeof putNoteInput>;
