import { isInputObjectType, parse } from 'graphql';
import { expect, it } from 'vitest';
import { NOUNS } from '../../../src/cli/client/nouns.ts';
import { schema } from '../../support/schema.ts';

/** Of a put, and not of what is put. */
const AROUND = new Set(['project', 'expectedRevision', 'idempotencyKey', 'allowDangerousNames']);

function fieldsOf(selection: string): ReadonlySet<string> {
  const [operation] = parse(`{ ${selection} }`).definitions;
  if (operation?.kind !== 'OperationDefinition') throw new Error('no selection');
  return new Set(operation.selectionSet.selections.flatMap((each) => (each.kind === 'Field' ? [each.name.value] : [])));
}

const PUT = [...NOUNS].filter(([, { verbs }]) => verbs.includes('put'));

it.each(PUT)('what is put of a %s is all shown, so that nothing is lost when it is put again', (_name, noun) => {
  const type = schema.getType(`Put${noun.type}Input`);
  const given = isInputObjectType(type) ? Object.keys(type.getFields()).filter((field) => !AROUND.has(field)) : [];
  const shown = fieldsOf(`${noun.details} ${noun.values ?? ''}`);
  expect(given.length).toBeGreaterThan(4);
  expect(given.filter((field) => !shown.has(field))).toEqual([]);
});
