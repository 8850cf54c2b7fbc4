import { shippedNames } from '../../src/plugin/sources.ts';
import { pluginContract } from './plugin.contract.ts';

for (const id of shippedNames()) pluginContract(id);
