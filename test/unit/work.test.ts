import { describe, expect, it } from 'vitest';
import { isAppError } from '../../src/kernel/errors.ts';
import { createWork, type WorkTerms } from '../../src/kernel/work.ts';

const BUDGET = { documents: 10, bytes: 10_000, resolutions: 2, templateSteps: 100 };
const terms = (over: Partial<WorkTerms> = {}): WorkTerms => ({
  budget: BUDGET,
  unitsPerPause: 50,
  signal: null,
  ...over,
});

function refusal(work: () => void) {
  try {
    work();
  } catch (error) {
    if (isAppError(error)) return { code: error.code, ...error.details };
    throw error;
  }
  return null;
}

describe('the work of a request', () => {
  it.each([
    ['documents', 10],
    ['bytes', 10_000],
    ['resolutions', 2],
    ['templateSteps', 100],
  ] as const)('is refused past its budget of %s, and not at it', (kind, maximum) => {
    const work = createWork(terms());
    void work.spend({ [kind]: maximum });
    expect(refusal(() => void work.spend({ [kind]: 1 }))).toEqual({ code: 'BUDGET_EXCEEDED', budget: kind, maximum });
  });

  it('names the setting, and never how much was asked for', () => {
    const work = createWork(terms());
    expect(() => work.spend({ documents: 999 })).toThrow(
      'The request takes more than 10 documents (KEYLOOM_LIMIT_WORK_DOCUMENTS); ask for less at once',
    );
  });

  it('waits for a turn when enough of it is done, and counts anew from there', async () => {
    const work = createWork(terms());
    expect(work.spend({ documents: 9 })).toBe(undefined);
    expect(work.spend({ documents: 1 })).toBe(undefined);
    await expect(work.spend({ bytes: 1_024 })).resolves.toBe(undefined);
    expect(work.longest).toBe(50);
    expect(work.spend({ bytes: 1_024 })).toBe(undefined);
  });

  it('is done one piece after the other, however many are begun side by side', async () => {
    const work = createWork(terms({ budget: { ...BUDGET, documents: 1_000 } }));
    let turns = 0;
    let counting = true;
    const count = (): void => {
      turns += 1;
      if (counting) setImmediate(count);
    };
    setImmediate(count);
    await Promise.all(Array.from({ length: 200 }, () => work.spend({ documents: 5 })));
    counting = false;
    expect(work.longest).toBeLessThanOrEqual(50);
    expect(work.spent.documents).toBe(1_000);
    expect(turns).toBeGreaterThan(0);
  });

  it('ends when nobody waits, but not what is with the store', async () => {
    const abort = new AbortController();
    const work = createWork(terms({ signal: () => abort.signal }));
    work.begin();
    void work.spend({ documents: 10 });
    abort.abort(new Error('gone'));
    await expect(work.spend({ resolutions: 1 })).rejects.toThrow('gone');
    work.commit();
    expect(work.spend({ bytes: 1 })).toBe(undefined);
    expect(() => work.begin()).toThrow('gone');
  });
});
