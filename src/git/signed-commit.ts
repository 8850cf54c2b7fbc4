import { isSshSigned } from '../crypto/ssh-signature.ts';

/** What `ssh-keygen -Y` calls signatures of git. */
const PURPOSE = 'git';
const SIGNATURES = /^gpgsig(-sha256)?(?: |$)/;

/** Whether one of the keys signed a commit. `content`: the object itself, without git's header. */
export function isCommitSigned(content: Uint8Array, signers: readonly string[]): boolean {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  // Latin-1 keeps every byte.
  const text = bytes.toString('latin1');
  const end = text.indexOf('\n\n');
  const head = end < 0 ? text : text.slice(0, end);
  const kept: string[] = [];
  const signatures: string[][] = [];
  let isSignature = false;
  for (const line of head.split('\n')) {
    // What is continued begins with a space.
    if (!line.startsWith(' ')) isSignature = SIGNATURES.test(line);
    if (!isSignature) kept.push(line);
    else if (line.startsWith(' ')) signatures.at(-1)?.push(line.slice(1));
    else signatures.push([line.replace(SIGNATURES, '')]);
  }
  const [signature, another] = signatures;
  if (!signature || another) return false;
  const unsigned = Buffer.from(`${kept.join('\n')}${end < 0 ? '' : text.slice(end)}`, 'latin1');
  return isSshSigned(unsigned, signature.join('\n'), PURPOSE, signers);
}
