import type { TestApp } from '../start-app.ts';
import { ask } from './ask.ts';
import { COMPOSERS, type Composed } from './compose.ts';
import type { Platform } from './platform.ts';

/** Of what Keyloom tells a gateway, and of the platform's own schema. */
export async function supergraphOf(
  app: Pick<TestApp, 'url'>,
  gateway: string,
  platform: Pick<Platform, 'url' | 'sdl'>,
  composer: keyof typeof COMPOSERS = 'guild',
): Promise<Composed> {
  const { data } = await ask(app, { gateway, user: null }, '{ _service { sdl } }');
  return COMPOSERS[composer]([
    { name: 'keyloom', sdl: data._service.sdl, url: `${app.url}/federation` },
    { name: 'platform', ...platform },
  ]);
}
