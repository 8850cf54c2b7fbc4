import { describe, expect, it } from 'vitest';
import { limitsWith } from '../../../src/app/limits.ts';
import { createContainers } from '../../../src/crypto/containers.ts';
import { createWork, OWN_WORK } from '../../../src/kernel/work.ts';
import { createInspection } from '../../../src/modules/certificates/inspection.ts';
import { aCertificate, aPkcs12, certificateIn, derOf, named } from '../../support/certificates.ts';

const notAfter = new Date('2030-01-01T00:00:00Z');
const container = (name: string): Buffer =>
  aPkcs12({ certificates: [{ subject: named(name), notAfter }], password: '' });
const work = () => createWork(OWN_WORK);
const list = (files: readonly Uint8Array[]) => new Map(files.map((bytes, i) => [`/${i}`, { bytes }]));

/** The thread, and how many files it was given. */
function counted() {
  const containers = createContainers();
  const given: Uint8Array[] = [];
  return {
    given,
    open: (file: Uint8Array) => {
      given.push(file);
      return containers(file);
    },
  };
}

describe('a thread that opens containers', () => {
  it('finds what is found here, whatever comes before and beside it', async () => {
    const open = createContainers();
    const whole = container('one');
    const files = [whole, Buffer.alloc(0), whole.subarray(0, 99), Buffer.alloc(70_000, 0x30), container('two')];
    const found = await Promise.all(files.map(open));
    expect(found).toEqual(files.map((file) => (file.length > 65_536 ? null : certificateIn(file))));
    expect(found.map((facts) => facts?.subject)).toEqual(['CN=one', undefined, undefined, undefined, 'CN=two']);
  });
});

describe('looking at files', () => {
  it('gives containers to the thread, each once, and nothing else', async () => {
    const { open, given } = counted();
    const inspect = createInspection({ limits: limitsWith({}), open });
    const pem = aCertificate({ subject: named('pem'), notAfter });
    const [one, two] = [container('one'), container('two')];
    const others = [Buffer.from(pem), derOf(pem), Buffer.from('text'), Buffer.from([0x30, 3, 2, 1, 4])];
    await inspect(list(others), work());
    expect(given).toEqual([]);
    const found = await inspect(list([one, ...others, two, one]), work());
    expect([...found].map(([name, { subject }]) => [name, subject])).toEqual([
      ['/0', 'CN=one'],
      ['/1', 'CN=pem'],
      ['/2', 'CN=pem'],
      ['/5', 'CN=two'],
      ['/6', 'CN=one'],
    ]);
    await inspect(list([two]), work());
    expect(given).toEqual([one, two]);
  });

  it('opens so many of one request, in whatever lists they come, and the same again when it is decided again', async () => {
    const { open, given } = counted();
    const inspect = createInspection({ limits: limitsWith({ pkcs12PerRequest: 3 }), open });
    const files = ['a', 'b', 'c', 'd'].map(container);
    const request = work();
    const first = await inspect(list(files.slice(0, 2)), request);
    const second = await inspect(list(files.slice(2)), request);
    expect([[...first.keys()], [...second.keys()]]).toEqual([['/0', '/1'], ['/0']]);
    expect(await inspect(list(files.slice(2)), request)).toEqual(second);
    expect(given).toHaveLength(3);
    expect([...(await inspect(list(files), work())).keys()]).toEqual(['/0', '/1', '/2']);
  });

  it('ends when nobody waits for it', async () => {
    const { open, given } = counted();
    const inspect = createInspection({ limits: limitsWith({}), open });
    const gone = createWork({ ...OWN_WORK, signal: () => AbortSignal.abort(new Error('gone')) });
    await expect(inspect(list([container('a')]), gone)).rejects.toThrow('gone');
    expect(given).toEqual([]);
  });
});
