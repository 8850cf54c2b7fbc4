import { X509Certificate } from 'node:crypto';
import type { CertificateFacts } from '../kernel/certificate.ts';

/** A PKCS#12 file that is larger is not opened. */
export const MAX_PKCS12_BYTES = 65_536;

/** The certificates of a PKCS#12 file, in DER: `certificatesInPkcs12`, or nothing where none is opened. */
export type OpenPkcs12 = (file: Uint8Array) => readonly Uint8Array[];

export type CertificateForm = 'pem' | 'der' | 'pkcs12';

/** OpenSSL's two other names for the same thing; behind a trusted one follows what it is trusted for. */
const BEGIN = /-----BEGIN (X509 |TRUSTED )?CERTIFICATE-----/g;
const DASHES = '-----';
const END = /^-----END (?:X509 |TRUSTED )?CERTIFICATE-----/;
/** White space, and what stands for it in strings of JSON and YAML, where a slash may be escaped too. */
const BETWEEN = /\s|\\[nrt]|\\(?=\/)/g;
/** Certificates of one file that are looked at. The bundles of authorities that systems come with have about 150. */
const MAX_CERTIFICATES = 2_000;
/** Bytes of one certificate. Real ones have a few thousand. */
const MAX_BYTES = 65_536;
const MAX_NAME = 1_000;
const MAX_SERIAL = 100;

/** How a file may hold a certificate, told by its first bytes or by the lines of PEM; null: it holds none. Cheap. */
export function certificateFormOf(bytes: Uint8Array): CertificateForm | null {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.toString('latin1').search(BEGIN) !== -1) return 'pem';
  const body = sequenceBody(file);
  if (body === null) return null;
  // The version 3 of PKCS#12, where a certificate begins with a sequence.
  if (file[body] === 0x02 && file[body + 1] === 1 && file[body + 2] === 3) return 'pkcs12';
  return file[body] === 0x30 && file.length <= MAX_BYTES ? 'der' : null;
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
 * The certificates of a file in its order, that of the key first in PKCS#12, which `openPkcs12` opens; null for what looks like one and cannot be read. Each takes less than a millisecond, so that between two of them
 * others can have their turn.
 */
export function* certificatesIn(
  bytes: Uint8Array,
  openPkcs12: OpenPkcs12 = () => [],
): Generator<CertificateFacts | null> {
  let position = 0;
  let attempts = 0;
  for (const der of dersOf(bytes, openPkcs12)) {
    if (attempts === MAX_CERTIFICATES) return;
    attempts += 1;
    const certificate = parsed(der);
    const facts = certificate && factsOf(certificate, position + 1);
    if (facts) position += 1;
    yield facts;
  }
}

/** The one of two that ends sooner; the first when both end together. */
export const soonerOf = (a: CertificateFacts | null, b: CertificateFacts | null): CertificateFacts | null =>
  a && b && Date.parse(b.notAfter) < Date.parse(a.notAfter) ? b : (a ?? b);

function factsOf(certificate: X509Certificate, position: number): CertificateFacts | null {
  const end = Date.parse(certificate.validTo);
  if (Number.isNaN(end)) return null;
  const subject = nameOf(certificate.subject);
  const serialNumber = certificate.serialNumber.slice(0, MAX_SERIAL);
  return {
    name: subject || shortened(certificate.subjectAltName ?? '') || serialNumber,
    subject,
    issuer: nameOf(certificate.issuer),
    serialNumber,
    notAfter: new Date(end).toISOString(),
    position,
  };
}

function dersOf(bytes: Uint8Array, openPkcs12: OpenPkcs12): Iterable<Uint8Array> {
  const form = certificateFormOf(bytes);
  if (form === 'der') return [bytes];
  if (form === 'pkcs12') return openPkcs12(bytes);
  return form === 'pem' ? pemBlocks(Buffer.from(bytes).toString('latin1')) : [];
}

/** The blocks that are canonical base64: a template within one makes it no certificate. */
function* pemBlocks(text: string): Generator<Uint8Array> {
  for (const { 0: begin, 1: label, index } of text.matchAll(BEGIN)) {
    const from = index + begin.length;
    // A block ends where the next dashes are, so that every part of the file is read once.
    const to = text.indexOf(DASHES, from);
    if (to === -1) return;
    if (!END.test(text.slice(to, to + 60))) continue;
    const base64 = text.slice(from, to).replaceAll(BETWEEN, '');
    const der = Buffer.from(base64, 'base64');
    if (der[0] !== 0x30 || der.toString('base64') !== base64) continue;
    yield label === 'TRUSTED ' ? der.subarray(0, sequenceSize(der)) : der;
  }
}

/** Bytes of a DER sequence that more may follow. */
function sequenceSize(der: Buffer): number {
  const first = der[1] ?? 0;
  const size = first - 0x80;
  if (size <= 0 || size > 4 || der.length < 2 + size) return 2 + first;
  return 2 + size + der.readUIntBE(2, size);
}

function parsed(der: Uint8Array): X509Certificate | null {
  if (der.length > MAX_BYTES) return null;
  try {
    return new X509Certificate(der);
  } catch {
    return null;
  }
}

/** Node gives one name a line, the outermost first, each escaped as RFC 4514 asks. An empty name is not given at all. */
const nameOf = (lines: string | undefined): string => shortened((lines ?? '').split('\n').reverse().join(','));

const shortened = (text: string): string =>
  text.length <= MAX_NAME ? text : `${text.slice(0, MAX_NAME - 1).toWellFormed()}…`;
