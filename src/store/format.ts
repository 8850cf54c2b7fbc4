/** Of all that is stored, whatever the store: a promise from the first release on, and another number with every change. */
export const FORMAT = 3;

export const otherFormat = `and this version of Keyloom opens format ${FORMAT} alone: use the version that made it`;
