import type { Encoding, Sensitivity } from '../../domain/types.ts';
import type { CertificateFacts } from '../../kernel/certificate.ts';
import type { Json } from '../../store/port.ts';
import type { DocumentType, Stored } from '../../vault/document.ts';
import type { VcsService } from '../vcs/model.ts';

export type GlobalFields = {
  readonly name: string;
  /** Fixed at creation. */
  readonly type: Sensitivity;
  readonly createdAt: string;
  readonly updatedAt: string;
};

export interface GlobalFile {
  readonly path: string;
  readonly encoding: Encoding;
  /** Canonical base64. */
  readonly data: string;
  /** Of the certificate that it holds, if it does; also absent in what was stored before there were such facts. */
  readonly certificate?: CertificateFacts;
}

export type JsonObject = { readonly [name: string]: Json };

/** Where values and files are kept instead of by hand. */
export interface Gitops {
  readonly vcsService: VcsService;
  readonly selfHostedVcsId: string | null;
  /** null: the first linked account that can reach the repository. */
  readonly accountLogin: string | null;
  /** Kept for those who have one; nothing follows from it. */
  readonly vcsLinkId: string | null;
  /** In its one spelling. */
  readonly repoUrl: string;
  readonly branch: string;
  readonly filePath: string;
  /** A rewritten history waits for somebody to accept it. */
  readonly holdRewrites: boolean;
  /** Public keys of those who may sign commits, as OpenSSH writes them; none: commits need no signature. */
  readonly signers: readonly string[];
}

/** What is sealed. */
export interface GlobalBody {
  readonly description: string | null;
  /** Nested JSON. A name may be any text, `__proto__` too: never copy it member by member. */
  readonly values: JsonObject;
  readonly files: ReadonlyMap<string, GlobalFile>;
  /** null: values and files are kept by hand. */
  readonly gitops: Gitops | null;
}

export const globalDocument: DocumentType<GlobalFields, GlobalBody> = {
  kind: 'globalSecret',
  encode: ({ description, values, files, gitops }) => ({
    description,
    values,
    files: [...files].map(([id, { path, encoding, data, certificate }]) => ({
      id,
      path,
      encoding,
      data,
      ...(certificate ? { certificate } : {}),
    })),
    ...(gitops ? { gitops: { ...gitops, signers: [...gitops.signers] } } : {}),
  }),
  decode: (json) => {
    const body = json as JsonObject;
    const gitops = body.gitops as unknown as Gitops | undefined;
    const files = body.files as unknown as readonly (GlobalFile & { readonly id: string })[];
    return {
      description: body.description as string | null,
      values: body.values as JsonObject,
      files: new Map(files.map(({ id, ...file }) => [id, file])),
      // What was kept before there were signers has none.
      gitops: gitops ? { ...gitops, signers: gitops.signers ?? [] } : null,
    };
  },
};

export type StoredGlobal = Stored<GlobalFields, GlobalBody>;

export const bytesOf = ({ data }: GlobalFile): Uint8Array => Buffer.from(data, 'base64');

/** Bytes of a file's content. */
export const sizeOf = ({ data }: GlobalFile): number => Buffer.byteLength(data, 'base64');
