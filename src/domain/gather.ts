import {
  contentLayer,
  directContents,
  directVariables,
  type Layer,
  type VariableContent,
  variableLayer,
} from './layer.ts';
import { byRank, type Merged, mergeLayers } from './merge.ts';
import { verdictOn } from './restrict.ts';
import type { FileEntry, Group, ResolutionInput } from './types.ts';

/** The merged entries of one environment, templates not yet expanded. */
export interface Gathered {
  readonly variables: ReadonlyMap<string, Merged<VariableContent>>;
  readonly files: ReadonlyMap<string, Merged<FileEntry>>;
  readonly mounts: ReadonlyMap<string, Merged<FileEntry>>;
}

/** Groups that cover the scope and are not restricted away, by rank. No body is opened. */
export function applicableGroups({ groups, scope, workload }: ResolutionInput): readonly Group[] {
  return groups.filter((group) => verdictOn(group, scope, workload).applies).sort(byRank);
}

/** Those of the project that cannot apply, too. */
export const everyGroup = ({ groups, everyGroup: all }: Pick<ResolutionInput, 'groups' | 'everyGroup'>) =>
  all ? all() : groups;

/** Opens the bodies of the applicable groups, each once, and merges them under the workload's own values. */
export function gather(input: ResolutionInput): Gathered {
  const isBuild = input.scope === 'BUILD';
  const direct = input.workload.direct();
  const variables: Layer<VariableContent>[] = [directVariables(isBuild ? direct.buildArguments : direct.variables)];
  const files: Layer<FileEntry>[] = [directContents(isBuild ? direct.buildFiles : direct.files)];
  const mounts: Layer<FileEntry>[] = [];
  for (const group of applicableGroups(input)) {
    const body = group.body();
    variables.push(variableLayer(group, body, input.addons));
    files.push(contentLayer(group, body.files));
    if (isBuild) mounts.push(contentLayer(group, body.mounts));
  }
  return { variables: mergeLayers(variables), files: mergeLayers(files), mounts: mergeLayers(mounts) };
}
