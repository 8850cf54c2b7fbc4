import { type FieldError, invalidInput, limitExceeded } from '../kernel/errors.ts';
import { DIGEST_BYTES } from './chain.ts';
import { isKey, keyText } from './keys.ts';
import { isKind, type NewCommit, type Write } from './port.ts';

/** Largest body of one document: MongoDB takes 16 MiB a document, its plain fields included. */
const BODY_BYTES = 14 * 1024 * 1024;
const TEXT_LENGTH = 1000;

const isCount = (number: unknown): boolean => Number.isSafeInteger(number) && Number(number) >= 1;

/** Refuses what no store can keep as it is, the same in both: malformed keys and texts, two writes of one document. */
export function checkCommit(commit: NewCommit): void {
  const faults: FieldError[] = [];
  const fault = (path: readonly string[], rule: string, message: string): void =>
    void faults.push({ path, rule, message });
  for (const name of ['id', 'team'] as const) {
    if (!isKey([commit[name]])) fault([name], 'key', 'must be 1 to 200 characters of well-formed text without NUL');
  }
  for (const name of ['at', 'actor', 'operation'] as const) {
    const text: unknown = commit[name];
    if (typeof text !== 'string' || text.length > TEXT_LENGTH || !text.isWellFormed()) {
      fault([name], 'text', `must be well-formed text of at most ${TEXT_LENGTH} characters`);
    }
  }
  const seen = new Set<string>();
  for (const [i, write] of commit.writes.entries()) {
    const problem = problemOf(write);
    if (problem) fault(['writes', String(i)], problem.rule, problem.message);
    const name = `${write.kind}\0${keyText(write.key)}`;
    if (seen.has(name)) fault(['writes', String(i)], 'once', 'writes a document twice');
    seen.add(name);
  }
  if (faults.length > 0) throw invalidInput(faults);
  for (const write of commit.writes) {
    const size = write.op === 'put' ? write.body.length + Buffer.byteLength(JSON.stringify(write.fields)) : 0;
    if (size > BODY_BYTES) throw limitExceeded('bytes of a document', BODY_BYTES, size, null);
  }
}

function problemOf(write: Write): { readonly rule: string; readonly message: string } | null {
  if (!isKind(write.kind)) return { rule: 'kind', message: 'must have a kind of 1 to 40 letters' };
  if (!isKey(write.key)) return { rule: 'key', message: 'must have a key of 1 to 8 well-formed parts' };
  const guard = write.op === 'purge' ? write.before : write.expected;
  const mayBeNull = write.op === 'put' || write.op === 'check';
  if (!(guard === null ? mayBeNull : isCount(guard))) return { rule: 'revision', message: 'must name a revision' };
  if (write.op !== 'put') return null;
  if (write.tag.length !== DIGEST_BYTES) return { rule: 'tag', message: `must have a tag of ${DIGEST_BYTES} bytes` };
  return null;
}
