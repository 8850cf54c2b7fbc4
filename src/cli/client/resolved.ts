/** A workload in one scope. */
export interface Place {
  readonly project: string;
  readonly kind: 'SERVICE' | 'JOB';
  readonly id: string;
  readonly scope: 'RUNTIME' | 'BUILD';
}

export interface Entry {
  readonly name: string;
  readonly value: string | null;
  readonly masked: boolean;
  readonly error: { readonly code: string } | null;
}
export interface FileEntry {
  readonly path: string;
  readonly data: string | null;
  readonly masked: boolean;
  readonly error: { readonly code: string } | null;
}

/** What a workload gets. */
export interface Resolved {
  readonly seq: number;
  readonly digest: string;
  readonly variables: readonly Entry[];
  readonly files: readonly FileEntry[];
  readonly unresolved: readonly { readonly name: string; readonly reference: string | null }[];
}
