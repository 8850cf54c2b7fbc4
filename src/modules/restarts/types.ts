import { declarations } from '../../graphql/types/declarations.ts';
import type { DeliveryError, DeliveryState, RequestState, RestartState, Skipped } from './model.ts';

export const types = declarations();

export const RestartStateEnum = types.enumType('RestartState', {
  description: 'How far a restart is.',
  values: {
    RUNNING: { value: 'running' as RestartState, description: 'Waves are still to be released.' },
    RELEASED: { value: 'released' as RestartState, description: 'All of its requests were released.' },
    CANCELLED: { value: 'cancelled' as RestartState, description: 'Somebody ended it.' },
    TIMED_OUT: {
      value: 'timedOut' as RestartState,
      description: 'A wave was not acknowledged in time: the next ones were cancelled.',
    },
  },
});

export const RequestStateEnum = types.enumType('RestartRequestState', {
  description: 'How far a restart request is.',
  values: {
    WAITING: { value: 'waiting' as RequestState, description: 'For its wave.' },
    RELEASED: { value: 'released' as RequestState, description: 'The workload must be restarted now.' },
    ACKNOWLEDGED: {
      value: 'acknowledged' as RequestState,
      description: 'The workload runs the requested environment.',
    },
    SUPERSEDED: { value: 'superseded' as RequestState, description: 'A newer request took its place.' },
    CANCELLED: { value: 'cancelled' as RequestState, description: 'Its restart was ended before.' },
  },
});

export const DeliveryStateEnum = types.enumType('RestartDeliveryState', {
  description: 'How far a delivery to the deploy webhook is.',
  values: {
    PENDING: { value: 'pending' as DeliveryState, description: 'To be delivered.' },
    FAILED: { value: 'failed' as DeliveryState, description: 'To be tried again.' },
    DELIVERED: { value: 'delivered' as DeliveryState, description: 'The webhook took it.' },
    DEAD: { value: 'dead' as DeliveryState, description: 'Given up; it can be redelivered.' },
    CANCELLED: { value: 'cancelled' as DeliveryState, description: 'Its request was over before.' },
  },
});

export const DeliveryErrorEnum = types.enumType('RestartDeliveryError', {
  description: 'Why an attempt failed.',
  values: {
    STATUS: { value: 'STATUS' as DeliveryError, description: 'The webhook answered with another status than 2xx.' },
    TIMEOUT: { value: 'TIMEOUT' as DeliveryError, description: 'It did not answer in time.' },
    UNREACHABLE: { value: 'UNREACHABLE' as DeliveryError, description: 'There was no connection.' },
    REFUSED: {
      value: 'REFUSED' as DeliveryError,
      description: 'The gateway does not go there: a private address, a redirect, or no https.',
    },
    GONE: { value: 'GONE' as DeliveryError, description: 'The webhook answered 410: it is not tried again.' },
    NO_WEBHOOK: { value: 'NO_WEBHOOK' as DeliveryError, description: 'The webhook was deleted meanwhile.' },
  },
});

export const SkipReasonEnum = types.enumType('RestartSkipReason', {
  description: 'Why a workload is not restarted.',
  values: {
    UNCHANGED: { value: 'unchanged' as Skipped['why'], description: 'It runs what it would get now.' },
    UNRESOLVED: {
      value: 'unresolved' as Skipped['why'],
      description: 'What it would get now cannot be resolved, so it would not come up.',
    },
  },
});

export const TimeoutActionEnum = types.enumType('RestartTimeoutAction', {
  description: 'What happens when a wave is not acknowledged in time.',
  values: {
    CANCEL: { value: 'cancel' as const, description: 'The next waves are cancelled.' },
    CONTINUE: { value: 'continue' as const, description: 'The next wave is released.' },
  },
});
