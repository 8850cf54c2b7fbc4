import type { InputFieldBuilder } from '@pothos/core';
import type { Builder, Types } from '../../graphql/types/builder.ts';
import { allowDangerousNames, FileInput, MountInput } from '../../graphql/types/fields.ts';
import { addImportPreview, importedOf, importFields } from './import-schema.ts';
import * as inputs from './inputs.ts';
import { addUpdate } from './update-mutations.ts';

type Inputs = InputFieldBuilder<Types, 'InputObject'>;

/** Single variables, files and mounts. */
export function addHoldingMutations(builder: Builder): void {
  const name = (t: Inputs) => t.string({ required: true, description: 'Its name.' });
  addUpdate(builder, {
    name: 'setSecretGroupVariable',
    description: 'Adds or replaces one variable. Requires `WRITE`.',
    input: (t) => ({
      name: name(t),
      value: t.string({ required: true, description: 'Text, at most 64 KiB.' }),
      allowDangerousNames: allowDangerousNames(t),
    }),
    rules: inputs.setVariableInput,
    run: (ref, input, { services, session }) =>
      services.secretGroups.setVariable(ref, input.name, input.value, session),
  });
  addUpdate(builder, {
    name: 'importSecretGroupVariables',
    description:
      'Imports variables from the text of a file into the group. Nothing in it is run or expanded. If a line cannot be read, nothing is imported and the error names the line. Requires `WRITE`.',
    input: importFields,
    rules: inputs.importInput,
    run: (ref, input, { services, session }) => services.secretGroups.importVariables(ref, importedOf(input), session),
  });
  addImportPreview(builder);
  addUpdate(builder, {
    name: 'unsetSecretGroupVariable',
    description: 'Removes one variable. Requires `WRITE`.',
    input: (t) => ({ name: name(t) }),
    rules: inputs.unsetVariableInput,
    run: (ref, input, { services, session }) => services.secretGroups.unsetVariable(ref, input.name, session),
  });
  addUpdate(builder, {
    name: 'setSecretGroupFile',
    description: 'Adds or replaces one file. Requires `WRITE`.',
    input: (t) => ({ file: t.field({ type: FileInput, required: true, description: 'The file.' }) }),
    rules: inputs.setFileInput,
    run: (ref, { file }, { services, session }) =>
      services.secretGroups.setFile(ref, 'files', file.name, file.upload, session),
  });
  addUpdate(builder, {
    name: 'unsetSecretGroupFile',
    description: 'Removes one file. Requires `WRITE`.',
    input: (t) => ({ path: t.string({ required: true, description: 'Its path.' }) }),
    rules: inputs.unsetFileInput,
    run: (ref, { path }, { services, session }) => services.secretGroups.unsetFile(ref, 'files', path, session),
  });
  addUpdate(builder, {
    name: 'setSecretGroupDockerSecretMount',
    description: 'Adds or replaces one Docker secret mount. Requires `WRITE`.',
    input: (t) => ({ mount: t.field({ type: MountInput, required: true, description: 'The mount.' }) }),
    rules: inputs.setMountInput,
    run: (ref, { mount }, { services, session }) =>
      services.secretGroups.setFile(ref, 'mounts', mount.name, mount.upload, session),
  });
  addUpdate(builder, {
    name: 'unsetSecretGroupDockerSecretMount',
    description: 'Removes one Docker secret mount. Requires `WRITE`.',
    input: (t) => ({ name: name(t) }),
    rules: inputs.unsetMountInput,
    run: (ref, input, { services, session }) => services.secretGroups.unsetFile(ref, 'mounts', input.name, session),
  });
}
