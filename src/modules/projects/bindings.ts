import type { NamedProjects } from '../../access/named.ts';
import { bindingTo, isBoundTo, projectDocument } from './model.ts';

const effectiveIn: NamedProjects['effectiveIn'] = async (view) => {
  const projects = await view.set(projectDocument);
  return (grants, bindings) => {
    const bound = new Map(bindings.map(({ project, to }) => [project, to]));
    const stands = (slug: string): boolean =>
      !projects.damaged.has(slug) && isBoundTo(bound.get(slug) ?? '', projects.get(slug));
    return grants.map((grant) => ({ ...grant, projects: grant.projects?.filter(stands) ?? null }));
  };
};

const bindingsFor: NamedProjects['bindingsFor'] = async (grants, view) => {
  const projects = await view.set(projectDocument);
  const named = new Set(grants.flatMap((grant) => grant.projects ?? []));
  return [...named].map((project) => ({ project, to: bindingTo(projects.get(project)) }));
};

/** What slugs in grants stand for. */
export const namedProjects: NamedProjects = { effectiveIn, bindingsFor };
