/**
 * The whole protocol as one table: what each message does in each state (RFC 6347 §4.2.4, RFC 5246 §7.3).
 * A state is where one handshake, or the session that it became, stands; the stateless listener is a state too.
 */
import type { HandshakeKind } from './messages.ts';

export const STATES = [
  'server-listening',
  'server-await-client-key-exchange',
  'server-await-credential',
  'server-await-change-cipher-spec',
  'server-await-finished',
  'server-established',
  'client-await-hello',
  'client-await-server-hello',
  'client-await-server-key-exchange',
  'client-await-server-hello-done',
  'client-await-change-cipher-spec',
  'client-await-finished',
  'client-established',
] as const;
export type State = (typeof STATES)[number];

/**
 * Messages of the peer; `next-epoch-record`: a record protected with keys that do not count yet, so that nobody can
 * say what it is; and `credential`: the caller's answer to `findPsk`.
 */
export type Event =
  | HandshakeKind
  | 'unknown-handshake'
  | 'change-cipher-spec'
  | 'alert'
  | 'application-data'
  | 'next-epoch-record'
  | 'credential';

type Verdict =
  /** As if it had never come. */
  | 'drop'
  /** The handshake ends with a fatal unexpected_message. */
  | 'fatal'
  /** It came early, for want of order on the network; it counts once its turn comes. */
  | 'hold'
  /** An alert that is to be looked into. */
  | 'heed'
  /** Application data for the caller. */
  | 'deliver'
  /** The peer did not get our last flight: send it again. */
  | 'resend'
  /** Answered with the warning no_renegotiation (RFC 5246 §7.2.2): nothing is ever renegotiated. */
  | 'refuse-renegotiation';

/** A verdict, or the state that a message which passes its checks leads to. */
export type Cell = Verdict | { readonly next: State };

function to(next: State): Cell {
  return { next };
}

/** While a handshake is under way. */
const handshaking: Record<Event, Cell> = {
  'hello-request': 'drop',
  'client-hello': 'fatal',
  'hello-verify-request': 'fatal',
  'server-hello': 'fatal',
  'server-key-exchange': 'fatal',
  'server-hello-done': 'fatal',
  'client-key-exchange': 'fatal',
  finished: 'fatal',
  'unknown-handshake': 'fatal',
  'change-cipher-spec': 'drop',
  alert: 'heed',
  'application-data': 'drop',
  'next-epoch-record': 'drop',
  credential: 'drop',
};

/** Where nothing but the named events counts. */
const quiet: Record<Event, Cell> = {
  'hello-request': 'drop',
  'client-hello': 'drop',
  'hello-verify-request': 'drop',
  'server-hello': 'drop',
  'server-key-exchange': 'drop',
  'server-hello-done': 'drop',
  'client-key-exchange': 'drop',
  finished: 'drop',
  'unknown-handshake': 'drop',
  'change-cipher-spec': 'drop',
  alert: 'drop',
  'application-data': 'drop',
  'next-epoch-record': 'drop',
  credential: 'drop',
};

const established: Record<Event, Cell> = { ...quiet, alert: 'heed', 'application-data': 'deliver' };

export const TRANSITIONS: Record<State, Record<Event, Cell>> = {
  'server-listening': { ...quiet, 'client-hello': to('server-await-client-key-exchange') },
  'server-await-client-key-exchange': {
    ...handshaking,
    'client-key-exchange': to('server-await-credential'),
    'change-cipher-spec': 'hold',
    'next-epoch-record': 'hold',
  },
  'server-await-credential': {
    ...handshaking,
    credential: to('server-await-change-cipher-spec'),
    'change-cipher-spec': 'hold',
    'next-epoch-record': 'hold',
  },
  'server-await-change-cipher-spec': {
    ...handshaking,
    'change-cipher-spec': to('server-await-finished'),
    'next-epoch-record': 'hold',
  },
  'server-await-finished': { ...handshaking, finished: to('server-established') },
  'server-established': { ...established, 'client-hello': 'refuse-renegotiation', finished: 'resend' },

  'client-await-hello': {
    ...handshaking,
    'hello-verify-request': to('client-await-server-hello'),
    'server-hello': to('client-await-server-key-exchange'),
  },
  'client-await-server-hello': {
    ...handshaking,
    'hello-verify-request': 'drop',
    'server-hello': to('client-await-server-key-exchange'),
  },
  'client-await-server-key-exchange': {
    ...handshaking,
    'server-key-exchange': to('client-await-server-hello-done'),
    // A server without an identity hint leaves the ServerKeyExchange out (RFC 4279 §2).
    'server-hello-done': to('client-await-change-cipher-spec'),
  },
  'client-await-server-hello-done': { ...handshaking, 'server-hello-done': to('client-await-change-cipher-spec') },
  'client-await-change-cipher-spec': {
    ...handshaking,
    'change-cipher-spec': to('client-await-finished'),
    'next-epoch-record': 'hold',
  },
  'client-await-finished': { ...handshaking, finished: to('client-established'), 'application-data': 'hold' },
  'client-established': { ...established, 'hello-request': 'refuse-renegotiation' },
};
