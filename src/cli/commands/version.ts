import { readFileSync } from 'node:fs';

/** `keyloom version`, from the package beside the built output. */
export function version(): readonly string[] {
  const text = readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8');
  return [`keyloom ${(JSON.parse(text) as { readonly version: string }).version}`];
}
