/** What is told of an X.509 certificate in a file. Names are as RFC 4514 writes them: `CN=example.com,O=Example`. */
export type CertificateFacts = {
  /** What people know it by: its subject, or else its alternative names, or else its number. */
  readonly name: string;
  readonly subject: string;
  readonly issuer: string;
  /** Hexadecimal, in capitals. */
  readonly serialNumber: string;
  /** RFC 3339. */
  readonly notAfter: string;
  /** Its place among the certificates of the file, from 1. */
  readonly position: number;
};
