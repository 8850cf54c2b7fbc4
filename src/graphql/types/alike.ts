/** What a field says of an event is in the event itself: whoever asks, and with whatever context. It takes no arguments. */
export const SAID_BY_EVENT = { extensions: { saidByEvent: true } } as const;

export const isSaidByEvent = ({ extensions }: { readonly extensions: object }): boolean =>
  (extensions as Partial<(typeof SAID_BY_EVENT)['extensions']>).saidByEvent === true;
