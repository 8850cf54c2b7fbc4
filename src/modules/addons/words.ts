import type { AddonKind } from './model.ts';

/** How one of the two kinds is called. */
export interface Words {
  readonly kind: AddonKind;
  readonly type: 'Addon' | 'ExternalAddon';
  readonly field: 'addon' | 'externalAddon';
  readonly noun: string;
  readonly about: string;
}
export const WORDS: readonly Words[] = [
  {
    kind: 'addon',
    type: 'Addon',
    field: 'addon',
    noun: 'addon',
    about: 'A backing service of a project, whose keys secret groups may link.',
  },
  {
    kind: 'external-addon',
    type: 'ExternalAddon',
    field: 'externalAddon',
    noun: 'external addon',
    about: 'A resource that is managed elsewhere, whose keys secret groups may link.',
  },
];
