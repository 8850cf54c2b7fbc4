import type { InputFieldBuilder } from '@pothos/core';
import { reveal } from '../../audit/reveal.ts';
import type { FileRow, VariableRow } from '../../audit/rows.ts';
import type { Sensitivity } from '../../domain/types.ts';
import type { Types } from './builder.ts';
import { certificateField } from './certificate.ts';
import { shared } from './shared.ts';

/** Types and fields that several slices show in the same way. */

export const SensitivityEnum = shared.enumType('Sensitivity', {
  description: 'Sensitivity, which decides the permissions that guard it.',
  values: {
    SECRET: { value: 'secret' as Sensitivity, description: 'A secret: its values require `READ` on secrets.' },
    CONFIG: {
      value: 'config' as Sensitivity,
      description: 'Configuration: its values require `READ` on configuration.',
    },
  },
});

export const WorkloadKindEnum = shared.enumType('WorkloadKind', {
  description: 'The kind of a workload.',
  values: {
    SERVICE: { value: 'service' as const, description: 'A long-running workload.' },
    JOB: { value: 'job' as const, description: 'A workload that runs to completion.' },
  },
});

export const EncodingEnum = shared.enumType('FileEncoding', {
  description: "The encoding of a file's content.",
  values: {
    UTF_8: { value: 'utf-8' as const, description: 'Text, which may contain templates.' },
    BINARY: { value: 'binary' as const, description: 'Bytes, without templates.' },
  },
});

export const VariableType = shared.objectRef<VariableRow>('Variable').implement({
  description: 'A stored variable, templates not expanded.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Letters, digits, `_`, `.`, `/` and `-`.' }),
    value: t.string({
      nullable: true,
      description: 'At most 64 KiB; null when masked.',
      resolve: ({ value }, _args, context) => reveal(context, value),
    }),
    masked: t.boolean({ description: 'True if you may not see the value.', resolve: ({ value }) => !value.isSeen }),
  }),
});

function fileType(name: string, description: string, nameField: 'path' | 'name', nameWords: string) {
  return shared.objectRef<FileRow>(name).implement({
    description,
    fields: (t) => ({
      [nameField]: t.string({ description: nameWords, resolve: (row) => row.name }),
      encoding: t.field({
        type: EncodingEnum,
        description: 'Encoding of the content.',
        resolve: ({ encoding }) => encoding,
      }),
      size: t.int({
        nullable: true,
        description: 'Size in bytes; null when masked.',
        resolve: ({ size }) => size,
      }),
      sha256: t.string({
        nullable: true,
        description: 'Keyed hash of the content. Equal hashes in a project mean equal contents. Null when masked.',
        resolve: ({ sha256 }) => sha256,
      }),
      data: t.field({
        type: 'Base64',
        nullable: true,
        description: 'The content; null when masked.',
        resolve: async ({ data }, _args, context) => {
          const bytes = await reveal(context, data);
          return bytes && Buffer.from(bytes).toString('base64');
        },
      }),
      masked: t.boolean({ description: 'True if you may not see the content.', resolve: ({ data }) => !data.isSeen }),
      certificate: t.field({
        ...certificateField,
        resolve: ({ certificate }, _args, context) => reveal(context, certificate),
      }),
    }),
  });
}
export const SecretFileType = fileType(
  'SecretFile',
  'A stored file, templates not expanded.',
  'path',
  'Absolute path.',
);
export const MountType = fileType('DockerSecretMount', 'A secret for image builds.', 'name', 'Name of the mount.');

export const VariableInput = shared.inputType('VariableInput', {
  description: 'A variable to store.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Letters, digits, `_`, `.`, `/` and `-`; unique in its list.' }),
    value: t.string({
      required: true,
      description: 'Text, at most 64 KiB; `${NAME}` inserts another variable, `$${` is a literal `${`.',
    }),
  }),
});
const content = (t: InputFieldBuilder<Types, 'InputObject'>) => ({
  data: t.field({ type: 'Base64', required: true, description: 'The content, at most 1 MiB.' }),
  encoding: t.field({ type: EncodingEnum, description: 'Encoding of the content. Default: `UTF_8`.' }),
});
export const FileInput = shared.inputType('SecretFileInput', {
  description: 'A file to store.',
  fields: (t) => ({
    path: t.string({
      required: true,
      description: 'Absolute, without empty, `.` or `..` segments; unique in its list.',
    }),
    ...content(t),
  }),
});
export const MountInput = shared.inputType('DockerSecretMountInput', {
  description: 'A Docker secret mount to store.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Letters, digits, `_`, `.` and `-`; unique in its list.' }),
    ...content(t),
  }),
});

type Inputs = InputFieldBuilder<Types, 'InputObject'>;
export const expectedRevision = (t: Inputs) =>
  t.int({ description: 'Fail with a conflict if the current revision is another one. Absent: the last write wins.' });
export const idempotencyKey = (t: Inputs) =>
  t.string({
    description:
      '1-200 characters. A repeated request with the same key gets the result of the first one, for at least 24 hours (`KEYLOOM_LIMIT_IDEMPOTENCY_MS`). Later the key may count as new.',
  });
export const allowDangerousNames = (t: Inputs) =>
  t.boolean({
    description:
      'Allow new variable names that can change what a process executes (`LD_PRELOAD`, `PATH`, `NODE_OPTIONS`, ...). Default: false.',
  });
