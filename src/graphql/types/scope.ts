import type { Scope } from '../../domain/types.ts';
import { shared } from './shared.ts';

export const ScopeEnum = shared.enumType('Scope', {
  description: 'What is being resolved.',
  values: {
    RUNTIME: { value: 'RUNTIME' as Scope, description: 'What the workload gets when it runs.' },
    BUILD: { value: 'BUILD' as Scope, description: 'What its image build gets.' },
  },
});
