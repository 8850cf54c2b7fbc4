import type { Scope } from '../../domain/types.ts';
import { builder } from './builder.ts';

export const ScopeEnum = builder.enumType('Scope', {
  description: 'What is being resolved.',
  values: {
    RUNTIME: { value: 'RUNTIME' as Scope, description: 'What the workload gets when it runs.' },
    BUILD: { value: 'BUILD' as Scope, description: 'What its image build gets.' },
  },
});
