import { CHECK_PROBLEMS, type CheckProblem, checkFailed } from './contract.ts';

/** For the drivers of shipped plugins: `#plugin/attempt`. */

/** Below the five seconds that the host waits. */
const DEADLINE_MS = 4_000;

/** Characters of an error's code that are looked at: a server may have a say in it. */
const MAX_CODE = 100;

const UNREACHABLE =
  /^(ECONN(REFUSED|RESET|ABORTED)|E(HOST|NET)(UNREACH|DOWN)|EADDRNOTAVAIL|EPIPE|ENOTFOUND|EAI_[A-Z]+)$/;
const TLS =
  /^(EPROTO|ERR_(TLS|SSL|OSSL)_.*|.*(CERT|CRL|ISSUER|SELF_SIGNED|SIGNATURE|CA_FOUND|INVALID_CA|PATH_LENGTH|PURPOSE).*)$/;

/** What an error of a socket, of TLS or of a look-up means; the error that caused it counts where it says nothing itself. */
function networkProblem(error: unknown, depth = 0): CheckProblem {
  if (!(error instanceof Error) || depth > 4) return 'FAILED';
  const code = 'code' in error ? String(error.code).slice(0, MAX_CODE) : '';
  if (TLS.test(code) || /before secure TLS connection/.test(error.message)) return 'TLS';
  // So the host refuses to go where the operator does not allow.
  if (code === 'UNAVAILABLE') return 'REFUSED';
  if (UNREACHABLE.test(code)) return 'UNREACHABLE';
  return code === 'ETIMEDOUT' || code === 'ABORT_ERR' ? 'TIMEOUT' : networkProblem(error.cause, depth + 1);
}

/** What the plugin itself said with `checkFailed`. */
const toldBy = (error: unknown): CheckProblem | undefined =>
  error instanceof Error ? CHECK_PROBLEMS.find((code) => 'code' in error && error.code === code) : undefined;

/**
 * Does the work within four seconds, or until `stop`. `signal` is aborted at the end in any case: sockets bound to it do not
 * outlive the work. `codeOf` knows the driver's own errors. Rejects with a code alone: a driver's own words may quote a value.
 */
export async function within<T>(
  stop: AbortSignal,
  codeOf: (error: unknown) => CheckProblem | null,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ender = new AbortController();
  const { signal } = ender;
  const end = (): void => ender.abort();
  const ended = new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => reject(checkFailed('TIMEOUT'))),
  );
  const timer = setTimeout(end, DEADLINE_MS);
  stop.addEventListener('abort', end);
  if (stop.aborted) end();
  try {
    return await Promise.race([ended, work(signal)]);
  } catch (error) {
    throw checkFailed(signal.aborted ? 'TIMEOUT' : (toldBy(error) ?? codeOf(error) ?? networkProblem(error)));
  } finally {
    clearTimeout(timer);
    stop.removeEventListener('abort', end);
    end();
  }
}
