import { randomFillSync } from 'node:crypto';
import { unavailable } from '../kernel/errors.ts';

/** Unpredictable bytes, in a buffer of their own. */
export type Random = (size: number) => Uint8Array;

export const secureRandom: Random = (size) => randomFillSync(Buffer.allocUnsafeSlow(size));

const BLOCKS = 32;
const BLOCK = 32;
const EXPECTED_ONES = (BLOCKS * BLOCK) / 2;
/** Ten standard deviations: a sound source never gets here. */
const TOLERANCE = 160;

/** Refuses to go on with a source that repeats itself, is constant or is lopsided. */
export function checkRandom(random: Random): void {
  const seen = new Set<string>();
  const ones = new Array<number>(8).fill(0);
  for (let i = 0; i < BLOCKS; i += 1) {
    const block = random(BLOCK);
    if (block.length !== BLOCK) throw broken('answers with another number of bytes than asked');
    // Of 32 random bytes about 30 differ; fewer than 12 do not happen.
    if (new Set(block).size < 12) throw broken('repeats the same bytes');
    seen.add(Buffer.from(block).toString('latin1'));
    for (const byte of block) for (const [bit, count] of ones.entries()) ones[bit] = count + ((byte >> bit) & 1);
  }
  if (seen.size !== BLOCKS) throw broken('repeats itself');
  if (ones.some((count) => Math.abs(count - EXPECTED_ONES) > TOLERANCE)) throw broken('prefers one kind of bit');
}

const broken = (how: string) => unavailable(`The source of randomness failed its self-test: it ${how}`);
