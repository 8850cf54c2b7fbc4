import { readFileSync } from 'node:fs';
import { CriticalityLevel, diff } from '@graphql-inspector/core';
import { buildSchema, getNamedType, isEnumType, isInputObjectType, isInterfaceType, isObjectType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { schema } from '../support/schema.ts';
import { clientTypes, TYPES } from './client-types.ts';
import { printed } from './print-schema.ts';

/** Every type, field, argument and enum value without a description. */
function undescribed(): { readonly missing: readonly string[]; readonly seen: number } {
  const missing: string[] = [];
  let seen = 0;
  const look = (name: string, { description }: { readonly description?: string | null | undefined }) => {
    seen += 1;
    if (!description?.trim()) missing.push(name);
  };
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__')) continue;
    look(type.name, type);
    if (isEnumType(type)) for (const value of type.getValues()) look(`${type.name}.${value.name}`, value);
    if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      look(`${type.name}.${field.name}`, field);
      for (const arg of 'args' in field ? field.args : []) look(`${type.name}.${field.name}(${arg.name})`, arg);
    }
  }
  return { missing, seen };
}

/** The schema of the last release. `npm run release:schema` replaces it when a version is released; nothing else does. */
const released = (): string => readFileSync('test/architecture/released.graphql', 'utf8');

describe('schema.graphql', () => {
  it('is what the code says; `npm run schema` writes it anew', () => {
    expect(readFileSync('schema.graphql', 'utf8')).toBe(printed());
  });

  it('gives the client its types; `npm run schema` writes them anew', () => {
    expect(readFileSync(TYPES, 'utf8')).toBe(clientTypes());
  });

  it('describes every type, field, argument and enum value', () => {
    const { missing, seen } = undescribed();
    expect(missing).toEqual([]);
    expect(seen).toBeGreaterThan(400);
  });

  it('has every change and every deletion of what has a revision take the one that it is about', () => {
    const inputs = Object.values(schema.getMutationType()?.getFields() ?? {}).flatMap(({ name, args: [input] }) => {
      const type = /^(?:update|put|delete)[A-Z]/.test(name) && input ? getNamedType(input.type) : null;
      return isInputObjectType(type) ? [type] : [];
    });
    expect(inputs.length).toBeGreaterThan(25);
    const without = inputs.filter((type) => !type.getFields().expectedRevision).map(({ name }) => name);
    expect(without).toEqual([]);
  });

  it.each(['ErrorCode', 'ConflictReason'])('says of each %s when it happens and what to do', (name) => {
    const type = schema.getType(name);
    const values = isEnumType(type) ? type.getValues() : [];
    expect(values.length).toBeGreaterThan(10);
    const words = values.map(
      ({ name: value, description }) => `${value}: ${description?.replace(/ HTTP \d{3}\.$/, '')}`,
    );
    expect(words.filter((each) => !/^\w+: [A-Z][^.]+\. .*[A-Z`].+\.$/.test(each))).toEqual([]);
  });

  it('breaks nothing that was released', async () => {
    const changes = await diff(buildSchema(released()), schema);
    const breaking = changes.filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking);
    expect(breaking.map(({ message }) => message)).toEqual([]);
  });

  it('notices a breaking change', async () => {
    const [before, after] = ['type Query { a: Int b: Int }', 'type Query { a: Int }'].map((text) => buildSchema(text));
    const changes = before && after ? await diff(before, after) : [];
    expect(changes.map(({ criticality }) => criticality.level)).toEqual([CriticalityLevel.Breaking]);
  });

  it('offers no way to filter or sort by a value (case 35)', () => {
    const inputs = Object.values(schema.getTypeMap()).filter((type) => /(Filter|Order)$/.test(type.name));
    const names = inputs.flatMap((type) =>
      isInputObjectType(type)
        ? Object.keys(type.getFields())
        : isEnumType(type)
          ? type.getValues().map(({ name }) => name)
          : [],
    );
    expect([...new Set(names)].sort()).toEqual([
      'NAME',
      'PRIORITY',
      'SLUG',
      'UPDATED',
      'deliveryStates',
      'isOutdated',
      'nameContains',
      'scope',
      'stageId',
      'states',
      'tag',
      'type',
    ]);
  });
});
