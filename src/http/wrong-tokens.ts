import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { isAppError, rateLimited } from '../kernel/errors.ts';
import type { Limits } from '../kernel/limits.ts';
import { clientKeyOf } from '../net/client-address.ts';

/** Whoever tries tokens: counted by address, and told to come later. A good token is let in from anywhere, at any time. */
export interface WrongTokens {
  /** The error to answer with for what a token from this address met. */
  judge(error: unknown, address: string): Promise<unknown>;
}

const WINDOW_SECONDS = 60;

export function createWrongTokens({
  wrongTokensPerAddress: points,
}: Pick<Limits, 'wrongTokensPerAddress'>): WrongTokens {
  const limiter = points === 0 ? null : new RateLimiterMemory({ points, duration: WINDOW_SECONDS });
  return {
    async judge(error, address) {
      if (limiter === null || !isAppError(error) || error.code !== 'UNAUTHENTICATED') return error;
      try {
        await limiter.consume(clientKeyOf(address));
        return error;
      } catch (refused) {
        if (!(refused instanceof RateLimiterRes)) throw refused;
        const message = `More than ${points} wrong tokens from this address in a minute (KEYLOOM_LIMIT_WRONG_TOKENS_PER_ADDRESS)`;
        return rateLimited(message, Math.ceil(refused.msBeforeNext / 1_000));
      }
    },
  };
}
