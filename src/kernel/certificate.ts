/** What is told of an X.509 certificate in a file. Names are as RFC 4514 writes them: `CN=example.com,O=Example`. */
export type CertificateFacts = {
  readonly subject: string;
  readonly issuer: string;
  /** Hexadecimal, in capitals. */
  readonly serialNumber: string;
  /** RFC 3339. The earliest end among the certificate and those of its issuers that lie in the same file. */
  readonly notAfter: string;
};
