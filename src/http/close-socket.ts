import type { WebSocket } from 'ws';

/** Bytes of reason that a close frame can hold; `ws` throws for more. */
const MAX_REASON = 123;
/** How long a client may take to answer a close frame. */
const FAREWELL_MS = 2_000;

/** Closes a connection, whatever the reason holds. The one place that does. */
export function closeSocket(ws: WebSocket, code: number, reason: string): void {
  ws.close(code, Buffer.from(reason).length <= MAX_REASON ? reason : cut(reason));
  setTimeout(() => ws.terminate(), FAREWELL_MS).unref();
}

/** As many whole characters as fit. */
function cut(text: string): string {
  const { read } = new TextEncoder().encodeInto(text.toWellFormed(), new Uint8Array(MAX_REASON));
  return text.slice(0, read).toWellFormed();
}
