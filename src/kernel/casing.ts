/** `secretGroup` -> `SECRET_GROUP`, as the API and the environment have it. */
export const constant = (name: string): string => name.replaceAll(/[A-Z]/g, '_$&').toUpperCase();

/** `secret group` -> `Secret group`. */
export const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
