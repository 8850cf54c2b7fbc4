import type { Session } from '../../access/session.ts';
import { reveal, subjectOf, Value, type Viewer } from '../../audit/reveal.ts';
import type {
  Resolution,
  ResolutionError,
  ResolutionWarning,
  ResolvedFile,
  Sensitivity,
  Source,
  UnresolvedReference,
} from '../../domain/types.ts';
import { byCodePoint } from '../../kernel/ids.ts';
import { mayOnAddon } from '../addons/rights.ts';
import { mayListGroups } from '../secret-groups/rights.ts';
import type { Environment } from './model.ts';
import type { Sight } from './sight.ts';

/** A resolved environment as one viewer sees it. */
export class EnvironmentView {
  readonly environment: Environment;
  readonly sight: Sight;

  constructor(environment: Environment, sight: Sight) {
    this.environment = environment;
    this.sight = sight;
  }

  /** Made when somebody looks at one: most look at what is written of all. */
  get variables(): readonly VariableView[] {
    return variableViews(this.environment, this.sight);
  }

  /** Whose they are, as notes call it. */
  get subject(): string {
    return subject(this.environment);
  }
}

export interface SourceView {
  readonly project: string;
  readonly source: Source;
}

export interface VariableView {
  readonly name: string;
  readonly value: Value;
  readonly type: Sensitivity;
  readonly source: SourceView;
  readonly error: ResolutionError | null;
}

/** A variable on its way into one answer: its value is revealed, and so noted, when the answer takes it. */
export class ShownVariable {
  readonly view: VariableView;
  readonly name: string;
  readonly #viewer: Viewer;

  constructor(view: VariableView, viewer: Viewer) {
    this.view = view;
    this.name = view.name;
    this.#viewer = viewer;
  }

  get value(): string | null {
    return reveal(this.#viewer, this.view.value);
  }

  get masked(): boolean {
    return !this.view.value.isSeen;
  }
}

export interface FileView {
  readonly environment: Environment;
  readonly file: ResolvedFile;
  readonly data: Value<Promise<Uint8Array | null>>;
  readonly type: Sensitivity;
  readonly error: ResolutionError | null;
}

/** What is resolved is noted by who gets it. */
const subject = ({ ask: { project, kind, id } }: Environment): string => subjectOf(kind, ['', project, id]);

/** Views already made, by resolution and by what the viewer may see: answering again costs nothing. */
const made = new WeakMap<Resolution, Map<string, readonly VariableView[]>>();

function variableViews(environment: Environment, sight: Sight): readonly VariableView[] {
  const { resolution, ask } = environment;
  const of = subject(environment);
  const rights = sight.key;
  const byRights = made.get(resolution) ?? new Map<string, readonly VariableView[]>();
  made.set(resolution, byRights);
  const known = byRights.get(rights);
  if (known) return known;
  const views = [...resolution.variables.values()]
    .sort((a, b) => byCodePoint(a.name, b.name))
    .map((variable): VariableView => {
      const { name, value, source, error } = variable;
      const isSeen = sight.sees(variable);
      return {
        name,
        value: new Value(of, isSeen, () => value),
        type: sight.typeOf(variable),
        source: { project: ask.project, source },
        error: isSeen ? error : null,
      };
    });
  byRights.set(rights, views);
  return views;
}

export function fileViews(
  environment: Environment,
  files: ReadonlyMap<string, ResolvedFile>,
  sight: Sight,
  read: (file: ResolvedFile) => Promise<Uint8Array | null>,
): readonly FileView[] {
  const of = subject(environment);
  return [...files.values()]
    .sort((a, b) => byCodePoint(a.name, b.name))
    .map((file) => {
      const isSeen = sight.sees(file);
      const data = new Value(of, isSeen, () => (file.error ? null : read(file)));
      return { environment, file, data, type: sight.typeOf(file), error: isSeen ? file.error : null };
    });
}

/**
 * A reference is a piece of the text it stands in: whoever may not see the one is not told of the other. More of why a
 * provider failed is for those who may list addons.
 */
export function unresolvedViews(
  { ask, resolution }: Environment,
  sight: Sight,
  session: Session,
): readonly UnresolvedReference[] {
  const mayListAddons = mayOnAddon(session, 'list', ask.project);
  const isKept = ({ name, reference }: UnresolvedReference): boolean =>
    reference.startsWith('$') &&
    [resolution.variables, resolution.files, resolution.mounts].some((part) => {
      const entry = part.get(name);
      return entry !== undefined && !sight.sees(entry);
    });
  return resolution.unresolved
    .filter((each) => !isKept(each))
    .map(({ detail, ...each }) => ({ ...each, reason: (mayListAddons ? detail : null) ?? each.reason }));
}

export interface WarningView {
  readonly warning: ResolutionWarning;
  readonly message: string;
}

/** What is said to those who may not list all groups of the project: the same, without their names. */
const WITHOUT_GROUPS: Partial<Record<ResolutionWarning['code'], string>> = {
  TIE: 'Several groups of equal priority hold this key; the one whose id sorts first wins',
  SHADOWED_SECRET: 'A value of type config hides a value of type secret',
};

export function warningViews(
  warnings: readonly ResolutionWarning[],
  project: string,
  session: Session,
): readonly WarningView[] {
  const mayList = mayListGroups(session, project);
  return warnings.map((warning) => ({
    warning,
    message: (mayList ? null : WITHOUT_GROUPS[warning.code]) ?? warning.message,
  }));
}

/** Whether nothing of the project is left out of what is explained. */
export const isComplete = (project: string, session: Session): boolean => mayListGroups(session, project);
