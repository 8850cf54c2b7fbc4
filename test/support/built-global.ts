import { build } from './built.ts';

/** Plugins in processes of their own run from `dist`, in tests too. */
export default function setup(): void {
  build();
}
