import { readFileSync } from 'node:fs';

/** The blocks of a Markdown file in a language, in order. */
export const shownIn = (file: string, language: string): readonly string[] =>
  [...readFileSync(file, 'utf8').matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, text = '']) => text,
  );
