import type { AddonLink } from '../../domain/types.ts';
import type { Change } from '../../vault/change.ts';
import type { GroupState } from './model.ts';

/** What a change of a group comes to. */
export interface Decision {
  readonly state: GroupState;
  readonly contents?: readonly Change[];
  /** The only variable that may be new, where the input has but one. */
  readonly variable?: string;
  /** The variables are those of a text: problems are told of the text. */
  readonly isImported?: boolean;
  /** The only path that may be new, where the input has but one file. */
  readonly file?: string;
  /** The only link that may be new, where the input has but one. */
  readonly link?: AddonLink;
  /** A state that was accepted once: its links are not looked at again. */
  readonly isAsItWas?: boolean;
  /** The input gave no value: then nothing is written when it is all as it was. */
  readonly isPlain?: boolean;
  /** It was deleted, and so held nothing: all that it holds is written anew. */
  readonly isRestored?: boolean;
}
