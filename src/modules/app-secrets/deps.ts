import type { Random } from '../../domain/generate-text.ts';
import type { AppsDeps } from '../apps/deps.ts';
import type { SshKeyPairMaker } from './generate.ts';

/** What the use cases of app secrets stand on. */
export interface AppSecretsDeps extends AppsDeps {
  readonly random: Random;
  readonly sshKeyPair: SshKeyPairMaker;
}
