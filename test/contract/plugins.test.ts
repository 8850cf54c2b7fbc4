import { foldersIn } from '../../src/plugin/load.ts';
import { pluginContract } from './plugin.contract.ts';

for (const id of foldersIn()) pluginContract(id);
