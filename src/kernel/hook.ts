/** Who hears what others post to `/v1/hooks/<name>/<id>`, without a token: the id and a signature are all they have. */
export interface Hook {
  /** In lower case, of letters and hyphens. */
  readonly name: string;
  /** Whether an id was given out by this installation. */
  isKnown(id: string): boolean;
  /** `headers`: names in lower case. */
  receive(
    id: string,
    headers: Readonly<Record<string, string | undefined>>,
    body: Uint8Array,
  ): Promise<'accepted' | 'unauthorized' | 'malformed'>;
}
