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
import type { Environment } from './service.ts';

/** A resolved environment as one viewer sees it. */
export interface EnvironmentView {
  readonly environment: Environment;
  readonly variables: readonly VariableView[];
}

export interface SourceView {
  readonly project: string;
  readonly source: Source;
}

export interface VariableView {
  readonly name: string;
  readonly value: string | null;
  readonly masked: boolean;
  readonly type: Sensitivity;
  readonly source: SourceView;
  readonly error: ResolutionError | null;
}

export interface FileView {
  readonly environment: Environment;
  readonly file: ResolvedFile;
  readonly masked: boolean;
}

/** Views already made, by resolution and by what the viewer may see: answering again costs nothing. */
const made = new WeakMap<Resolution, Map<string, readonly VariableView[]>>();

export function variableViews(
  environment: Environment,
  maySee: (type: Sensitivity) => boolean,
): readonly VariableView[] {
  const { resolution, ask } = environment;
  const sees = { secret: maySee('secret'), config: maySee('config') };
  const rights = `${sees.secret} ${sees.config}`;
  const byRights = made.get(resolution) ?? new Map<string, readonly VariableView[]>();
  made.set(resolution, byRights);
  const known = byRights.get(rights);
  if (known) return known;
  const views = [...resolution.variables.values()]
    .sort((a, b) => byCodePoint(a.name, b.name))
    .map(
      ({ name, value, type, source, error }): VariableView => ({
        name,
        value: sees[type] ? value : null,
        masked: !sees[type],
        type,
        source: { project: ask.project, source },
        error,
      }),
    );
  byRights.set(rights, views);
  return views;
}

export function fileViews(
  environment: Environment,
  files: ReadonlyMap<string, ResolvedFile>,
  maySee: (type: Sensitivity) => boolean,
): readonly FileView[] {
  return [...files.values()]
    .sort((a, b) => byCodePoint(a.name, b.name))
    .map((file) => ({ environment, file, masked: !maySee(file.type) }));
}

export interface UnresolvedView {
  readonly name: string;
  /** null: it quotes a text that is kept from the viewer. */
  readonly reference: string | null;
  readonly reason: string;
}

/**
 * A reference is a piece of the text it stands in: whoever may not read the one gets only the name and the reason. More of why
 * a provider failed is for those who may list addons.
 */
export function unresolvedViews(
  { resolution }: Environment,
  maySee: (type: Sensitivity) => boolean,
  mayListAddons: boolean,
): readonly UnresolvedView[] {
  const isKept = ({ name, reference }: UnresolvedReference): boolean =>
    reference.startsWith('$') &&
    [resolution.variables, resolution.files, resolution.mounts].some((part) => {
      const type = part.get(name)?.type;
      return type !== undefined && !maySee(type);
    });
  return resolution.unresolved.map(({ detail, ...each }) => ({
    ...each,
    reference: isKept(each) ? null : each.reference,
    reason: (mayListAddons ? detail : null) ?? each.reason,
  }));
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

export function warningViews(warnings: readonly ResolutionWarning[], mayListGroups: boolean): readonly WarningView[] {
  return warnings.map((warning) => ({
    warning,
    message: (mayListGroups ? null : WITHOUT_GROUPS[warning.code]) ?? warning.message,
  }));
}
