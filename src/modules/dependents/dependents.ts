import { can } from '../../access/model.ts';
import type { Session } from '../../access/session.ts';
import { type Dependence, dependenceOnAddon, dependenceOnGlobal, dependenceOnGroup } from '../../domain/dependents.ts';
import type { AddonLink, Group, Workload } from '../../domain/types.ts';
import type { Services } from '../../graphql/types/services.ts';
import { idOf } from '../../vault/document.ts';
import type { View } from '../../vault/reading.ts';
import { projectDocument } from '../projects/model.ts';
import type { SourceAddress } from '../restarts/model.ts';
import { groupDocument, groupFacts } from '../secret-groups/model.ts';
import { documentOf, workloadFacts } from '../workloads/model.ts';
import type { Dependent } from './model.ts';

/** Answers who draws on a source. */
export type DependentsService = ReturnType<typeof createDependents>;
type DependentsDeps = Pick<Services, 'secretGroups' | 'addons' | 'globalSecrets'>;

/** Who draws on something, as far as the viewer may list it. */
export function createDependents({ secretGroups, addons, globalSecrets }: DependentsDeps) {
  /** NOT_FOUND for what the viewer may not list. */
  async function requireVisible({ kind, project, slug }: SourceAddress, session: Session): Promise<void> {
    const ref = { project: project ?? '', slug };
    if (kind === 'globalSecret') await globalSecrets.bySlug(slug, session);
    else if (kind === 'secretGroup') await secretGroups.bySlug(ref, session);
    else await addons.bySlug({ kind: kind === 'addon' ? 'addon' : 'external-addon', ...ref }, session);
  }

  /** `within`: the view that a decision is made in. By project, jobs before services, by id. As many store calls as there are projects to look at, however large they are. */
  async function dependents(source: SourceAddress, session: Session, within?: View): Promise<readonly Dependent[]> {
    await requireVisible(source, session);
    const found = async (view: View): Promise<readonly Dependent[]> => {
      const projects = await projectsOf(source, view, session);
      return (await Promise.all(projects.map((project) => inProject(source, project, view, session)))).flat();
    };
    return within ? found(within) : session.read(found);
  }

  return dependents;
}

async function projectsOf({ project }: SourceAddress, view: View, session: Session): Promise<readonly string[]> {
  if (project !== null) return [project];
  const { live } = await view.set(projectDocument);
  return live
    .map(({ key }) => idOf(key))
    .filter((slug) => can(session.principal, 'list', 'project', { project: slug }));
}

async function inProject(
  source: SourceAddress,
  project: string,
  view: View,
  session: Session,
): Promise<readonly Dependent[]> {
  const set = await view.set(groupDocument, project);
  // A group that was tampered with may be the very one.
  for (const damaged of set.damaged) set.get(damaged);
  const how = dependenceOn(source, set.live.map(groupFacts));
  const found: Dependent[] = [];
  for (const kind of ['job', 'service'] as const) {
    const workloads = await view.set(documentOf(kind), project);
    for (const damaged of workloads.damaged) workloads.get(damaged);
    for (const stored of workloads.live) {
      const target = { project, workload: { kind, id: idOf(stored.key) } };
      if (!can(session.principal, 'list', 'workload', target)) continue;
      const workload = { ...stored, kind };
      const reasons = how(workloadFacts(workload));
      if (reasons.length > 0) found.push({ project, workload, reasons });
    }
  }
  return found;
}

function dependenceOn(
  { kind, slug }: SourceAddress,
  groups: readonly Group[],
): (workload: Workload) => readonly Dependence[] {
  if (kind === 'globalSecret') return (workload) => dependenceOnGlobal(slug, groups, workload);
  if (kind === 'secretGroup') {
    const group = groups.find(({ id }) => id === slug);
    return (workload) => (group ? dependenceOnGroup(group, workload) : []);
  }
  const addonKind = kind === 'addon' ? 'addon' : 'external-addon';
  const isMeant = (link: AddonLink): boolean => link.addonKind === addonKind && link.addonId === slug;
  const linking = groups.filter((group) => group.body().links.some(isMeant));
  return (workload) => dependenceOnAddon(isMeant, linking, workload);
}
