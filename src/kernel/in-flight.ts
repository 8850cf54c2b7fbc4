import { AppError, rateLimited } from './errors.ts';

/** Bytes that requests under way hold, by token and in all. */
export interface InFlight {
  /** What one request holds, until it releases it. */
  hold(principal: string): Hold;
  /** Whether a new hold could count so many bytes. */
  hasRoom(principal: string, bytes: number): boolean;
}

export interface Hold {
  /** Counts more bytes. Throws RATE_LIMITED when the token holds too much, UNAVAILABLE when all together do. */
  add(bytes: number): void;
  /** Idempotent. */
  release(): void;
}

export interface InFlightLimits {
  /** What is held, as errors call it. */
  readonly noun: string;
  readonly perPrincipal: number;
  readonly inAll: number;
  /** The settings of both. */
  readonly settings: readonly [perPrincipal: string, inAll: string];
}

const RETRY_SECONDS = 1;
/** Small requests find room when large ones do not: the last quarter is theirs. */
const SMALL = 65_536;

export function createInFlight({ noun, perPrincipal, inAll, settings }: InFlightLimits): InFlight {
  const [ownSetting, allSetting] = settings;
  const held = new Map<string, number>();
  let all = 0;
  /** `own`: what the hold has already. */
  const isFull = (own: number, bytes: number): boolean =>
    all + bytes > (own + bytes <= SMALL ? inAll : (inAll * 3) / 4);
  return {
    hasRoom: (principal, bytes) => (held.get(principal) ?? 0) + bytes <= perPrincipal && !isFull(0, bytes),
    hold(principal) {
      let own = 0;
      let released = false;
      return {
        add(bytes) {
          // What comes after the end is nobody's.
          if (released) return;
          const ofPrincipal = (held.get(principal) ?? 0) + bytes;
          if (ofPrincipal > perPrincipal) {
            throw rateLimited(`${noun} of this token exceed ${perPrincipal} bytes (${ownSetting})`, RETRY_SECONDS);
          }
          if (isFull(own, bytes)) {
            throw new AppError('UNAVAILABLE', `${noun} of all requests exceed ${inAll} bytes (${allSetting})`, {
              details: { retryAfter: RETRY_SECONDS },
            });
          }
          own += bytes;
          all += bytes;
          held.set(principal, ofPrincipal);
        },
        release() {
          if (released) return;
          released = true;
          all -= own;
          const left = (held.get(principal) ?? 0) - own;
          if (left > 0) held.set(principal, left);
          else held.delete(principal);
        },
      };
    },
  };
}
