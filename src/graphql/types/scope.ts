import type { Scope } from '../../domain/types.ts';
import { shared } from './shared.ts';

export const ScopeEnum = shared.enumType('Scope', {
  description: 'When a workload needs its values.',
  values: {
    RUNTIME: { value: 'RUNTIME' as Scope, description: 'At run time.' },
    BUILD: { value: 'BUILD' as Scope, description: 'At build time.' },
  },
});
