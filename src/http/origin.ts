import type { IncomingHttpHeaders } from 'node:http';
import { forbidden } from '../kernel/errors.ts';

/** Pages of other sites must not open connections that stay: FORBIDDEN. Programs send no Origin. */
export function checkOrigin({ origin, host }: IncomingHttpHeaders): void {
  if (origin === undefined) return;
  if (hostOf(origin) === null || hostOf(origin) !== host) throw forbidden('Cross-origin requests are not allowed');
}

function hostOf(origin: string): string | null {
  try {
    return new URL(origin).host;
  } catch {
    return null;
  }
}
