import { declarations } from '../../graphql/types/declarations.ts';
import type { Purpose } from './model.ts';
import type { RenderMode } from './rendered.ts';

export const types = declarations();

export const PurposeEnum = types.enumType('AppSecretPurpose', {
  description: 'What a secret is for.',
  values: {
    API_KEY: { value: 'APIKey' as Purpose, description: 'An API key; `APIKey` in REST.' },
    SSH_KEY: { value: 'SSHKey' as Purpose, description: 'An SSH key; `SSHKey` in REST.' },
    USERNAME_PASSWORD: {
      value: 'UsernamePassword' as Purpose,
      description: 'A user name with a password; `UsernamePassword` in REST.',
    },
    OTHER: { value: 'Other' as Purpose, description: 'Anything else; `Other` in REST.' },
  },
});

export const RenderModeEnum = types.enumType('RenderMode', {
  description: 'Whether values are shown.',
  values: {
    FULL: {
      value: 'Full' as RenderMode,
      description: 'With values, for those with `RESOLVE`; masked for others.',
    },
    PREVIEW_ONLY: { value: 'PreviewOnly' as RenderMode, description: 'All values masked.' },
  },
});
