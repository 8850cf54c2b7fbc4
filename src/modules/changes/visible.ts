import { can, type Verb } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import type { Key, Touched } from '../../store/port.ts';
import { idOf } from '../../vault/document.ts';
import type { View } from '../../vault/reading.ts';
import { appDocument, appOf } from '../apps/model.ts';
import { visibleProject } from '../projects/lookup.ts';
import { projectDocument } from '../projects/model.ts';
import type { Shown, ShownKinds } from '../shown.ts';

type What = Pick<Touched, 'key'> & { readonly kind: string };
export type Visibility = ReturnType<typeof createVisibility>;

/** Things of a project, or of an app, are seen only while it lives. */
const SEEN: Readonly<Record<Shown['place'], (key: Key, view: View, session: Session) => Promise<boolean>>> = {
  team: async () => true,
  project: ([, slug = ''], view, session) =>
    visibleProject(slug, view, session).then(
      () => true,
      () => false,
    ),
  async app(key, view, session) {
    const app = (await view.set(appDocument)).get(appOf({ key }));
    return app !== null && !app.deleted && can(session.principal, 'list', 'app');
  },
};

/** Which documents show to whom, and where they lie. */
export function createVisibility(kinds: ShownKinds) {
  const placeOf = (kind: string): Shown['place'] => kinds.get(kind)?.place ?? 'team';

  return {
    isShown: (kind: string): boolean => kinds.has(kind),

    /** Whether the viewer may do this to a document that a commit touched, by what holds in the view. */
    async mayOnTouched({ kind, key }: What, verb: Verb, view: View, session: Session): Promise<boolean> {
      const found = kinds.get(kind);
      if (!found || !(await SEEN[found.place](key, view, session))) return false;
      return found.may(key, view, session, verb);
    },

    /** The project that a document is or lies in; null: none. */
    projectOf({ kind, key }: What): string | null {
      return kind === projectDocument.kind || placeOf(kind) === 'project' ? (key[1] ?? null) : null;
    },

    /** The app that a document is or lies in; null: none. */
    appOfTouched({ kind, key }: What): string | null {
      if (kind === appDocument.kind) return idOf(key);
      return placeOf(kind) === 'app' ? appOf({ key }) : null;
    },
  };
}
