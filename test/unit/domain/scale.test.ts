import { expect, it } from 'vitest';
import { resolve } from '../../../src/domain/resolve.ts';
import { scanTemplate } from '../../../src/domain/template.ts';
import type { Group, GroupBody } from '../../../src/domain/types.ts';
import { inputOf, NO_RESTRICTIONS } from './project.ts';

const GROUPS = 50;
const NAMES = 2000;

/** All groups hold all variables; each text refers to the next variable by tens. */
const body: GroupBody = {
  variables: new Map(
    Array.from({ length: NAMES }, (_x, i) => [`V${i}`, i % 10 === 9 ? 'end' : `\${V${i + 1}} and \${V${i + 1}}`]),
  ),
  files: new Map(),
  mounts: new Map(),
  links: [],
};

it('2,000 variables over 50 groups: each applicable body is opened once, each winning template scanned once', () => {
  let opened = 0;
  let scanned = 0;
  const groups = Array.from({ length: GROUPS * 2 }, (_x, i): Group => {
    // Every other group is restricted away.
    const restrictions = { ...NO_RESTRICTIONS, restricted: i % 2 === 1 };
    const open = (): GroupBody => {
      opened += 1;
      return body;
    };
    return { id: `g${i}`, type: 'config', secretType: 'environment', priority: i, restrictions, body: open };
  });
  const scan = (text: string) => {
    scanned += 1;
    return scanTemplate(text);
  };
  const { variables } = resolve({ ...inputOf({ groups: {} }), groups }, { scan });
  expect(variables.size).toBe(NAMES);
  expect(opened).toBe(GROUPS);
  expect(scanned).toBe(NAMES * 0.9);
});

it('no body is opened of groups that do not apply', () => {
  const open = (): GroupBody => {
    throw new Error('opened');
  };
  const common = { type: 'secret', priority: 1, body: open } as const;
  const restrictions = { ...NO_RESTRICTIONS, restricted: true };
  const groups: readonly Group[] = [
    { ...common, id: 'scope', secretType: 'arguments', restrictions: NO_RESTRICTIONS },
    { ...common, id: 'nobody', secretType: 'environment', restrictions },
    { ...common, id: 'tags', secretType: 'environment', restrictions: { ...restrictions, tags: ['red'] } },
  ];
  expect(resolve({ ...inputOf({ groups: {} }), groups }).variables.size).toBe(0);
});
