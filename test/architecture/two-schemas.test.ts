import { lexicographicSortSchema, printSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import { createSchema } from '../../src/app/schema.ts';
import { createBuilder } from '../../src/graphql/types/builder.ts';
import { addErrors } from '../../src/graphql/types/errors.ts';
import { shared } from '../../src/graphql/types/shared.ts';
import { nounsOf } from '../../src/modules/slice.ts';
import { tags } from '../../src/modules/tags/slice.ts';

const printed = (schema: ReturnType<typeof createSchema>): string => printSchema(lexicographicSortSchema(schema));

describe('Schema parts', () => {
  it('can be built into several schemas in one process', () => {
    const [first, second] = [createSchema(), createSchema()];
    expect(printed(second)).toBe(printed(first));
    expect(second.getType('SecretGroup')).not.toBe(first.getType('SecretGroup'));
  });

  it('are registered by nothing but a call', () => {
    const builder = createBuilder();
    shared.addTo(builder);
    addErrors(builder);
    tags.types?.addTo(builder);
    tags.addSchema?.(builder, nounsOf([tags]));
    expect(createBuilder().configStore.typeConfigs.has('Sensitivity')).toBe(false);
    expect(builder.configStore.typeConfigs.has('Sensitivity')).toBe(true);
    expect(builder.configStore.typeConfigs.has('SecretGroupFilter')).toBe(false);
  });
});
