import { declarations } from '../../graphql/types/declarations.ts';
import type { Purpose } from './model.ts';
import type { RenderMode } from './rendered.ts';

export const types = declarations();

export const PurposeEnum = types.enumType('AppSecretPurpose', {
  description: 'What a secret is for.',
  values: {
    API_KEY: { value: 'APIKey' as Purpose, description: 'A key of some API; `APIKey` in REST.' },
    SSH_KEY: { value: 'SSHKey' as Purpose, description: 'A key for SSH; `SSHKey` in REST.' },
    USERNAME_PASSWORD: {
      value: 'UsernamePassword' as Purpose,
      description: 'A name with its password; `UsernamePassword` in REST.',
    },
    OTHER: { value: 'Other' as Purpose, description: 'Anything else; `Other` in REST.' },
  },
});

export const RenderModeEnum = types.enumType('RenderMode', {
  description: 'Whether values are shown.',
  values: {
    FULL: {
      value: 'Full' as RenderMode,
      description: 'With their values, for those with `resolve`; masked for everybody else.',
    },
    PREVIEW_ONLY: { value: 'PreviewOnly' as RenderMode, description: 'All values masked.' },
  },
});
