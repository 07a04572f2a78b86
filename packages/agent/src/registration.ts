/** Where a client is on its way to being registered. */
export type RegistrationState =
  | { readonly kind: 'idle' }
  /** A link is being set up, to register over it. */
  | { readonly kind: 'connecting' }
  | { readonly kind: 'registering' }
  /** The last attempt failed; the next one is at `until`, ms. */
  | { readonly kind: 'waiting'; readonly until: number }
  /** `updateAt`: when the next Update is due, ms; undefined for a registration that never ends. */
  | { readonly kind: 'registered'; readonly location: readonly string[]; readonly updateAt: number | undefined }
  | { readonly kind: 'updating'; readonly location: readonly string[] }
  /** The server no longer answers over the old link: a new one is being set up. */
  | { readonly kind: 'reconnecting'; readonly location: readonly string[] }
  /** Updating over a new link. */
  | { readonly kind: 'resuming'; readonly location: readonly string[] }
  | { readonly kind: 'deregistering'; readonly location: readonly string[] }
  /** De-registering because the server disabled its account. */
  | { readonly kind: 'disabling'; readonly location: readonly string[] }
  /** The server wants to be left alone until `until`, ms. */
  | { readonly kind: 'disabled'; readonly until: number }
  /** All attempts failed; only the application can start again. */
  | { readonly kind: 'failed' };

export type RegistrationStateKind = RegistrationState['kind'];

export type RegistrationEvent =
  /** The application wants to be registered, or no longer. */
  | 'start'
  | 'stop'
  /** The link is there; it is gone, or did not come up. */
  | 'up'
  | 'down'
  /** The server did what was asked: 2.01, 2.04, 2.02. */
  | 'success'
  /** The server does not know the registration: 4.04 or 4.00 to an Update. */
  | 'unknown'
  /** Any other answer. */
  | 'refused'
  /** No answer after all retransmissions. */
  | 'unanswered'
  /** The time of the state has come. */
  | 'due'
  /** There is something to update: lifetime, object list, or the server's trigger. */
  | 'trigger'
  /** The server disables its account (/1/x/4). */
  | 'disable'
  /** A bootstrap begins: the registration is left to end by itself. */
  | 'abandon';

type Row = Readonly<Record<RegistrationEvent, RegistrationStateKind>>;

/** A row in which everything but what is named, and giving all up, leaves the state as it is. */
function row(stay: RegistrationStateKind, changes: Partial<Row>): Row {
  return {
    start: stay,
    stop: stay,
    up: stay,
    down: stay,
    success: stay,
    unknown: stay,
    refused: stay,
    unanswered: stay,
    due: stay,
    trigger: stay,
    disable: stay,
    abandon: 'idle',
    ...changes,
  };
}

const RENEW = { unknown: 'registering', refused: 'waiting' } as const;

/**
 * What each event leads to (OMA Core §6.2.1 … §6.2.3). An Update that fails leads to a Register; one that is not
 * answered to a new link first, over which the registration is taken up again.
 */
export const TRANSITIONS: Readonly<Record<RegistrationStateKind, Row>> = {
  idle: row('idle', { start: 'connecting' }),
  connecting: row('connecting', { stop: 'idle', up: 'registering', down: 'waiting' }),
  registering: row('registering', {
    stop: 'idle',
    down: 'waiting',
    success: 'registered',
    unknown: 'waiting',
    refused: 'waiting',
    unanswered: 'waiting',
  }),
  waiting: row('waiting', { stop: 'idle', due: 'connecting' }),
  registered: row('registered', {
    stop: 'deregistering',
    down: 'reconnecting',
    unanswered: 'reconnecting',
    due: 'updating',
    trigger: 'updating',
    disable: 'disabling',
  }),
  updating: row('updating', {
    ...RENEW,
    stop: 'deregistering',
    down: 'waiting',
    success: 'registered',
    unanswered: 'reconnecting',
    disable: 'disabling',
  }),
  reconnecting: row('reconnecting', { stop: 'idle', up: 'resuming', down: 'waiting' }),
  resuming: row('resuming', {
    ...RENEW,
    stop: 'deregistering',
    down: 'waiting',
    success: 'registered',
    unanswered: 'waiting',
    disable: 'disabling',
  }),
  deregistering: row('deregistering', {
    down: 'idle',
    success: 'idle',
    unknown: 'idle',
    refused: 'idle',
    unanswered: 'idle',
  }),
  disabling: row('disabling', {
    stop: 'idle',
    down: 'disabled',
    success: 'disabled',
    unknown: 'disabled',
    refused: 'disabled',
    unanswered: 'disabled',
  }),
  disabled: row('disabled', { stop: 'idle', due: 'connecting' }),
  failed: row('failed', { start: 'connecting', stop: 'idle' }),
};

/** The Communication Retry resources of object 1 (OMA Core §6.2.1.2); times in seconds. */
export interface RetryParameters {
  /** Attempts of one sequence. */
  readonly count: number;
  /** Wait after the first attempt; doubled after each further one. */
  readonly timer: number;
  /** Wait between two sequences. */
  readonly sequenceDelay: number;
  /** Sequences after which the client gives up. */
  readonly sequenceCount: number;
}

/** The defaults of OMA Core table 6.2.1.1-1. */
export const DEFAULT_RETRY: RetryParameters = { count: 5, timer: 60, sequenceDelay: 86_400, sequenceCount: 1 };

/**
 * How long to wait after so many failed attempts in a row, in seconds; undefined to give up.
 *
 * @param failures at least 1
 */
export function retryDelay(failures: number, retry: RetryParameters): number | undefined {
  const count = Math.max(1, retry.count);
  const withinSequence = failures % count;
  if (withinSequence !== 0) return retry.timer * 2 ** (withinSequence - 1);
  return failures / count < retry.sequenceCount ? retry.sequenceDelay : undefined;
}

/**
 * When to send the next Update after one, in seconds; undefined for a lifetime that never ends. It leaves time for all
 * retransmissions (MAX_TRANSMIT_WAIT, 93 s), or half of a short lifetime.
 *
 * @param lifetime in seconds, 0 for no end
 */
export function updateDelay(lifetime: number): number | undefined {
  return lifetime === 0 ? undefined : lifetime - Math.min(lifetime / 2, 93);
}
