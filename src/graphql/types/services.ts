import type { AccessService } from '../../access/service.ts';
import type { StreamsService } from '../../streams/streams.ts';

/** What slices offer to resolvers and to one another. Each adds its own to this interface, in its `slice.ts`. */
export interface Services {
  readonly access: AccessService;
  readonly streams: StreamsService;
}
