/** A page of an ordered list: strictly after a key (exclusive), at most `limit` items. */
export interface PageRequest {
  readonly after?: readonly string[];
  readonly limit: number;
}
