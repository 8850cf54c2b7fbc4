import { bindingTo, isBoundTo, projectDocument } from '../modules/projects/model.ts';
import type { View } from '../vault/reading.ts';
import type { Grant, ProjectBinding } from './model.ts';

/** Grants as they hold among the projects of a view. */
export type Effective = (grants: readonly Grant[], bindings: readonly ProjectBinding[]) => readonly Grant[];

/** A slug grants what it was given for: nothing in another project that has it since. */
export async function effectiveIn(view: View): Promise<Effective> {
  const projects = await view.set(projectDocument);
  return (grants, bindings) => {
    const bound = new Map(bindings.map(({ project, to }) => [project, to]));
    const stands = (slug: string): boolean =>
      !projects.damaged.has(slug) && isBoundTo(bound.get(slug) ?? '', projects.get(slug));
    return grants.map((grant) => ({ ...grant, projects: grant.projects?.filter(stands) ?? null }));
  };
}

/** A slug stands for the project that has it now, or for the next one that gets it. */
export async function bindingsFor(grants: readonly Grant[], view: View): Promise<readonly ProjectBinding[]> {
  const projects = await view.set(projectDocument);
  const named = new Set(grants.flatMap((grant) => grant.projects ?? []));
  return [...named].map((project) => ({ project, to: bindingTo(projects.get(project)) }));
}
