/** Marks of JSON: strings as a whole, and what structures it. Text that is no JSON must not come here. */
const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gs;

interface Frame {
  readonly isObject: boolean;
  /** Where the names on the way here still are those of the path. */
  readonly depth: number;
  name: string;
  index: number;
}

/** Where the value at a path begins in a valid JSON text; of a path that leads nowhere, how far it leads. */
export function placeIn(text: string, path: readonly string[]): number {
  const frames: Frame[] = [];
  let best = { depth: -1, position: 0 };
  let isName = false;
  for (const { 0: token, index } of text.matchAll(TOKENS)) {
    const frame = frames.at(-1);
    if (token === '}' || token === ']') {
      frames.pop();
      isName = false;
    } else if (token === ',') {
      if (frame) frame.index += 1;
      isName = frame?.isObject === true;
    } else if (token === ':') isName = false;
    else if (isName && frame) frame.name = JSON.parse(token) as string;
    else {
      const depth = depthOf(frame, path);
      if (depth > best.depth) best = { depth, position: index };
      if (depth === path.length) return index;
      if (token !== '{' && token !== '[') continue;
      frames.push({ isObject: token === '{', depth, name: '', index: 0 });
      isName = token === '{';
    }
  }
  return best.position;
}

/** How many steps of the path lead to the value that begins here; -1: none, it lies elsewhere. */
function depthOf(frame: Frame | undefined, path: readonly string[]): number {
  if (!frame) return 0;
  if (frame.depth < 0) return -1;
  const step = frame.isObject ? frame.name : String(frame.index);
  return step === path[frame.depth] ? frame.depth + 1 : -1;
}
