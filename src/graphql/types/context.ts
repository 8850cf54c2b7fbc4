import type { AccessService } from '../../access/service.ts';
import type { Session } from '../../access/session.ts';
import type { AddonsService } from '../../modules/addons/service.ts';
import type { AppSecretsService } from '../../modules/app-secrets/service.ts';
import type { EnvironmentsService } from '../../modules/apps/environments.ts';
import type { AppsService } from '../../modules/apps/service.ts';
import type { CertificatesService } from '../../modules/certificates/service.ts';
import type { ChangesService } from '../../modules/changes/service.ts';
import type { DeletedService } from '../../modules/deleted/service.ts';
import type { GitSyncsService } from '../../modules/git-sync/git-syncs.ts';
import type { GlobalSecretsService } from '../../modules/global-secrets/service.ts';
import type { ProjectsService } from '../../modules/projects/service.ts';
import type { ResolutionsService } from '../../modules/resolution/service.ts';
import type { RestartsService } from '../../modules/restarts/service.ts';
import type { SecretGroupsService } from '../../modules/secret-groups/service.ts';
import type { TagsService } from '../../modules/tags/service.ts';
import type { VcsAccountsService } from '../../modules/vcs/service.ts';
import type { WorkloadsService } from '../../modules/workloads/service.ts';
import type { StreamsService } from '../../streams/streams.ts';

export interface Services {
  readonly access: AccessService;
  readonly projects: ProjectsService;
  readonly tags: TagsService;
  readonly workloads: WorkloadsService;
  readonly secretGroups: SecretGroupsService;
  readonly globalSecrets: GlobalSecretsService;
  readonly vcsAccounts: VcsAccountsService;
  readonly gitSyncs: GitSyncsService;
  readonly addons: AddonsService;
  readonly certificates: CertificatesService;
  readonly apps: AppsService;
  readonly environments: EnvironmentsService;
  readonly appSecrets: AppSecretsService;
  readonly resolutions: ResolutionsService;
  readonly changes: ChangesService;
  readonly streams: StreamsService;
  readonly restarts: RestartsService;
  readonly deleted: DeletedService;
}

/** What a resolver has at hand. There is no context without a session: strangers are refused before. */
export interface Context {
  readonly session: Session;
  readonly services: Services;
  /** All that the answer to a query depends on besides the request. */
  readonly stamp: string;
  /** Says that the answer drew on what may change without a commit: it is not kept. */
  readonly notRepeatable: () => void;
  readonly isRepeatable: () => boolean;
  /** Whether the token may write anything that carries files. */
  readonly mayCarryFiles: () => boolean;
  /** MAC of a cursor's content. */
  readonly cursorMac: (bytes: Uint8Array) => Uint8Array;
  /** The place in a stream that the transport says the client has reached; it wins over the argument. */
  readonly resumeAfter?: string | null;
  /** A fresh context for another moment: nothing that was loaded in this one is in it. */
  readonly withSession: (session: Session) => Context;
}
