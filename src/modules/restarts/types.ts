import { declarations } from '../../graphql/types/declarations.ts';
import type { DeliveryError, DeliveryState, RequestState, RestartState, Skipped } from './model.ts';

export const types = declarations();

export const RestartStateEnum = types.enumType('RestartState', {
  description: 'State of a restart.',
  values: {
    RUNNING: { value: 'running' as RestartState, description: 'Waves wait for their release.' },
    RELEASED: { value: 'released' as RestartState, description: 'All of its requests were released.' },
    CANCELLED: { value: 'cancelled' as RestartState, description: 'It was cancelled.' },
    TIMED_OUT: {
      value: 'timedOut' as RestartState,
      description: 'A wave was not acknowledged in time, and the next ones were cancelled.',
    },
  },
});

export const RequestStateEnum = types.enumType('RestartRequestState', {
  description: 'State of a restart request.',
  values: {
    WAITING: { value: 'waiting' as RequestState, description: 'It waits for its wave.' },
    RELEASED: { value: 'released' as RequestState, description: 'The workload must be restarted now.' },
    ACKNOWLEDGED: {
      value: 'acknowledged' as RequestState,
      description: 'The workload runs the requested environment.',
    },
    SUPERSEDED: { value: 'superseded' as RequestState, description: 'A newer request for the workload replaced it.' },
    CANCELLED: {
      value: 'cancelled' as RequestState,
      description: 'Its restart was cancelled, or its workload deleted.',
    },
  },
});

export const DeliveryStateEnum = types.enumType('RestartDeliveryState', {
  description: 'State of a delivery to the deploy webhook.',
  values: {
    PENDING: { value: 'pending' as DeliveryState, description: 'Not tried yet.' },
    FAILED: { value: 'failed' as DeliveryState, description: 'An attempt failed. Another one follows.' },
    DELIVERED: { value: 'delivered' as DeliveryState, description: 'The webhook accepted it.' },
    DEAD: { value: 'dead' as DeliveryState, description: 'Every attempt failed. It can be redelivered.' },
    CANCELLED: { value: 'cancelled' as DeliveryState, description: 'Its request was closed before the delivery.' },
  },
});

export const DeliveryErrorEnum = types.enumType('RestartDeliveryError', {
  description: 'Why an attempt failed.',
  values: {
    STATUS: { value: 'STATUS' as DeliveryError, description: 'The webhook answered with another status than 2xx.' },
    TIMEOUT: { value: 'TIMEOUT' as DeliveryError, description: 'The webhook did not answer in time.' },
    UNREACHABLE: { value: 'UNREACHABLE' as DeliveryError, description: 'No connection to the webhook.' },
    REFUSED: {
      value: 'REFUSED' as DeliveryError,
      description: 'The operator does not allow the address: it is private, a redirect, or not HTTPS.',
    },
    GONE: { value: 'GONE' as DeliveryError, description: 'The webhook answered 410. There is no further attempt.' },
    NO_WEBHOOK: { value: 'NO_WEBHOOK' as DeliveryError, description: 'The webhook was deleted meanwhile.' },
  },
});

export const SkipReasonEnum = types.enumType('RestartSkipReason', {
  description: 'Why a workload is not restarted.',
  values: {
    UNCHANGED: { value: 'unchanged' as Skipped['why'], description: 'It runs its current environment.' },
    UNRESOLVED: {
      value: 'unresolved' as Skipped['why'],
      description: 'Its current environment cannot be resolved, so it would not start.',
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
