/** One event of a stream as it is written down. Comments, which are signs of life, are events without a name. */
export interface Frame {
  readonly event: string;
  readonly data: string;
}

/** Reads server-sent events; `onLife` is called for whatever arrives. Ends the connection when it is left. */
export async function* framesOf(body: ReadableStream<Uint8Array>, onLife: () => void): AsyncGenerator<Frame> {
  // Not every browser iterates over a stream.
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onLife();
      rest += decoder.decode(value, { stream: true });
      const frames = rest.split('\n\n');
      rest = frames.pop() ?? '';
      for (const frame of frames) yield read(frame);
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function read(frame: string): Frame {
  const lines = frame.split('\n');
  const of = (field: string): string =>
    lines
      .filter((line) => line.startsWith(`${field}:`))
      .map((line) => line.slice(field.length + 1).replace(/^ /, ''))
      .join('\n');
  return { event: of('event'), data: of('data') };
}
