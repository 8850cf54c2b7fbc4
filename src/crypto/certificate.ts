import { X509Certificate } from 'node:crypto';
import type { CertificateFacts } from '../kernel/certificate.ts';
import { certificatesInPkcs12 } from './pki.ts';

export type CertificateForm = 'pem' | 'der' | 'pkcs12';

const BEGIN = '-----BEGIN CERTIFICATE-----';
const END = '-----END CERTIFICATE-----';
/** Certificates of one file that are looked at: the rest of a bundle is not. */
const MOST = 16;
/** Bytes of one certificate. Real ones have a few thousand. */
const LARGEST = 65_536;
const LONGEST_NAME = 1_000;
const LONGEST_SERIAL = 100;

/** How a file may hold a certificate, told by its first bytes or by the lines of PEM; null: it holds none. Cheap. */
export function certificateFormOf(bytes: Uint8Array): CertificateForm | null {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.includes(BEGIN)) return 'pem';
  const body = sequenceBody(file);
  if (body === null) return null;
  // The version 3 of PKCS#12, where a certificate begins with a sequence.
  if (file[body] === 0x02 && file[body + 1] === 1 && file[body + 2] === 3) return 'pkcs12';
  return file[body] === 0x30 && file.length <= LARGEST ? 'der' : null;
}

/** Where the content of a DER sequence begins that takes up the whole file; null: it is something else. */
function sequenceBody(file: Buffer): number | null {
  const first = file[1];
  if (file[0] !== 0x30 || first === undefined) return null;
  // Of indefinite length, as some makers of PKCS#12 have it.
  if (first <= 0x80) return first === 0x80 || file.length === 2 + first ? 2 : null;
  const size = first - 0x80;
  if (size > 4 || file.length < 2 + size) return null;
  return file.length === 2 + size + file.readUIntBE(2, size) ? 2 + size : null;
}

/**
 * The facts of the certificate in a file: of the first in PEM, of the one that belongs to the key in PKCS#12, and only
 * where no password is needed. null: there is none that can be read. Takes milliseconds, whatever the bytes.
 */
export function certificateIn(bytes: Uint8Array): CertificateFacts | null {
  const [leaf, ...others] = certificatesOf(bytes);
  if (!leaf) return null;
  const ends = chainOf(leaf, others).map(({ validTo }) => Date.parse(validTo));
  const end = Math.min(...ends);
  if (Number.isNaN(end)) return null;
  return {
    subject: nameOf(leaf.subject),
    issuer: nameOf(leaf.issuer),
    serialNumber: leaf.serialNumber.slice(0, LONGEST_SERIAL),
    notAfter: new Date(end).toISOString(),
  };
}

function certificatesOf(bytes: Uint8Array): readonly X509Certificate[] {
  const ders = dersOf(bytes, certificateFormOf(bytes));
  return ders.slice(0, MOST).flatMap((der) => parsed(der) ?? []);
}

function dersOf(bytes: Uint8Array, form: CertificateForm | null): readonly Uint8Array[] {
  if (form === 'der') return [bytes];
  if (form === 'pkcs12') return certificatesInPkcs12(bytes);
  return form === 'pem' ? pemBlocks(Buffer.from(bytes).toString('latin1')) : [];
}

/** The first blocks that are canonical base64: a template within one makes it no certificate. */
function pemBlocks(text: string): readonly Uint8Array[] {
  const blocks: Uint8Array[] = [];
  let at = text.indexOf(BEGIN);
  // Bounded by the blocks that begin and not by those that end, or a file of beginnings would be searched again and again.
  for (let i = 0; i < MOST && at !== -1; i += 1) {
    const from = at + BEGIN.length;
    const next = text.indexOf(BEGIN, from);
    const block = text.slice(from, next === -1 ? undefined : next);
    const to = block.indexOf(END);
    const base64 = block.slice(0, Math.max(to, 0)).replaceAll(/\s/g, '');
    const der = Buffer.from(base64, 'base64');
    if (der[0] === 0x30 && der.length <= LARGEST && der.toString('base64') === base64) blocks.push(der);
    at = next;
  }
  return blocks;
}

function parsed(der: Uint8Array): X509Certificate | null {
  if (der.length > LARGEST) return null;
  try {
    return new X509Certificate(der);
  } catch {
    return null;
  }
}

/** The certificate and its issuers, as far as they are among the others. */
function chainOf(leaf: X509Certificate, others: readonly X509Certificate[]): readonly X509Certificate[] {
  const chain = [leaf];
  for (let last: X509Certificate | undefined = leaf; last; ) {
    const child: X509Certificate = last;
    last = others.find((other) => !chain.includes(other) && child.checkIssued(other));
    if (last) chain.push(last);
  }
  return chain;
}

/** Node gives one name a line, the outermost first, each escaped as RFC 4514 asks. An empty name is not given at all. */
function nameOf(lines: string | undefined): string {
  const text = (lines ?? '').split('\n').reverse().join(',');
  return text.length <= LONGEST_NAME ? text : `${text.slice(0, LONGEST_NAME - 1).toWellFormed()}…`;
}
