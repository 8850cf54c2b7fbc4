import type { ProjectData } from '../project.ts';

/**
 * One row of the public definition of resolution: a project as a person would write it, and what the workload `web` (a
 * service without tags) gets. What is left out of `expect` must be empty.
 */
export interface Case extends ProjectData {
  readonly title: string;
  readonly expect: {
    readonly variables?: Readonly<Record<string, string>>;
    /** Keys in error: code and path. */
    readonly errors?: Readonly<Record<string, string>>;
    /** Variables of type secret; all others must be of type config. Left out: not looked at. */
    readonly secrets?: readonly string[];
    /** Files as the workload reads them. */
    readonly files?: Readonly<Record<string, string>>;
    readonly fileErrors?: Readonly<Record<string, string>>;
    readonly mounts?: Readonly<Record<string, string>>;
    /** `<key or file>: <reference> <reason>` */
    readonly unresolved?: readonly string[];
    /** `<code> <names> <groups>` */
    readonly warnings?: readonly string[];
    /** Where variables were written: `direct`, a group, or a group and the addon's key. Left out: not looked at. */
    readonly sources?: Readonly<Record<string, string>>;
  };
}
