/**
 * The whole protocol as one table: what each event does in each state (RFC 6347 §4.2.4, RFC 5246 §7.3).
 * A state is where one handshake, or the session that it became, stands; the stateless listener is a state too.
 */
import type { HandshakeKind } from './messages.ts';
import type { KeyExchange } from './suites.ts';

export const STATES = [
  'server-listening',
  'server-await-resumable',
  'server-await-key-pair',
  'server-await-signature',
  'server-await-certificate',
  'server-await-client-key-exchange',
  'server-await-certificate-verify',
  'server-await-verification',
  'server-await-peer',
  'server-await-credential',
  'server-await-key-agreement',
  'server-await-change-cipher-spec',
  'server-await-finished',
  'server-established',
  'client-await-hello',
  'client-await-server-hello',
  'client-await-certificate',
  'client-await-server-key-exchange',
  'client-await-certificate-request',
  'client-await-server-hello-done',
  'client-await-verification',
  'client-await-peer',
  'client-await-key-pair',
  'client-await-key-agreement',
  'client-await-signature',
  'client-await-session-ticket',
  'client-await-change-cipher-spec',
  'client-await-finished',
  'client-established',
] as const;
export type State = (typeof STATES)[number];

/** Which way a handshake takes through the states: how its keys come about. */
export const PATHS = ['psk', 'ecdhe-psk', 'ecdhe-ecdsa', 'resumed'] as const satisfies readonly (
  | KeyExchange
  | 'resumed'
)[];
export type Path = (typeof PATHS)[number];

/** The caller's answers, by the question: `findPsk`, `findPeer`, `findResumed` and the four tasks of `compute`. */
export const ANSWERS = ['credential', 'peer', 'resumable', 'generated', 'agreed', 'signed', 'verified'] as const;
export type Answer = (typeof ANSWERS)[number];

/**
 * Messages of the peer; `next-epoch-record`: a record protected with keys that do not count yet, so that nobody can
 * say what it is; the caller's answers; and `no-ticket`: the server has not promised a ticket.
 */
export type Event =
  | HandshakeKind
  | 'unknown-handshake'
  | 'change-cipher-spec'
  | 'alert'
  | 'application-data'
  | 'next-epoch-record'
  | 'no-ticket'
  | Answer;

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

/** A verdict, or the state that an event which passes its checks leads to, by the handshake's path. */
export type Cell = Verdict | { readonly next: { readonly [P in Path]?: State } };

function to(next: State): Cell {
  return { next: { psk: next, 'ecdhe-psk': next, 'ecdhe-ecdsa': next, resumed: next } };
}

function by(next: { readonly [P in Path]?: State }): Cell {
  return { next };
}

/** The state that an event leads to on a path; none when it is not a step there. */
export function nextState(state: State, event: Event, path: Path): State | undefined {
  const cell = TRANSITIONS[state][event];
  return typeof cell === 'string' ? undefined : cell.next[path];
}

/** Where nothing but the named events counts. */
const quiet: Record<Event, Cell> = {
  'hello-request': 'drop',
  'client-hello': 'drop',
  'hello-verify-request': 'drop',
  'server-hello': 'drop',
  'new-session-ticket': 'drop',
  certificate: 'drop',
  'server-key-exchange': 'drop',
  'certificate-request': 'drop',
  'server-hello-done': 'drop',
  'certificate-verify': 'drop',
  'client-key-exchange': 'drop',
  finished: 'drop',
  'unknown-handshake': 'drop',
  'change-cipher-spec': 'drop',
  alert: 'drop',
  'application-data': 'drop',
  'next-epoch-record': 'drop',
  'no-ticket': 'drop',
  credential: 'drop',
  peer: 'drop',
  resumable: 'drop',
  generated: 'drop',
  agreed: 'drop',
  signed: 'drop',
  verified: 'drop',
};

/** While a handshake is under way. */
const handshaking: Record<Event, Cell> = {
  ...quiet,
  'client-hello': 'fatal',
  'hello-verify-request': 'fatal',
  'server-hello': 'fatal',
  'new-session-ticket': 'fatal',
  certificate: 'fatal',
  'server-key-exchange': 'fatal',
  'certificate-request': 'fatal',
  'server-hello-done': 'fatal',
  'certificate-verify': 'fatal',
  'client-key-exchange': 'fatal',
  finished: 'fatal',
  'unknown-handshake': 'fatal',
  alert: 'heed',
};

/** While the client's flight comes in and is looked into: what ends it may come early. */
const clientFlight: Record<Event, Cell> = { ...handshaking, 'change-cipher-spec': 'hold', 'next-epoch-record': 'hold' };

const established: Record<Event, Cell> = { ...quiet, alert: 'heed', 'application-data': 'deliver', finished: 'resend' };

const FULL_HANDSHAKE = {
  psk: 'server-await-client-key-exchange',
  'ecdhe-psk': 'server-await-key-pair',
  'ecdhe-ecdsa': 'server-await-key-pair',
} as const;

/** After the server's first messages. A server without an identity hint leaves its ServerKeyExchange out (RFC 4279 §2). */
const SERVER_HELLO = by({
  psk: 'client-await-server-key-exchange',
  'ecdhe-psk': 'client-await-server-key-exchange',
  'ecdhe-ecdsa': 'client-await-certificate',
  resumed: 'client-await-session-ticket',
});
const SERVER_HELLO_DONE = by({
  psk: 'client-await-session-ticket',
  'ecdhe-psk': 'client-await-key-pair',
  'ecdhe-ecdsa': 'client-await-verification',
});

export const TRANSITIONS: Record<State, Record<Event, Cell>> = {
  'server-listening': { ...quiet, 'client-hello': by({ ...FULL_HANDSHAKE, resumed: 'server-await-resumable' }) },
  'server-await-resumable': {
    ...handshaking,
    resumable: by({ ...FULL_HANDSHAKE, resumed: 'server-await-change-cipher-spec' }),
  },
  'server-await-key-pair': {
    ...handshaking,
    generated: by({ 'ecdhe-psk': 'server-await-client-key-exchange', 'ecdhe-ecdsa': 'server-await-signature' }),
  },
  'server-await-signature': { ...handshaking, signed: by({ 'ecdhe-ecdsa': 'server-await-certificate' }) },
  'server-await-certificate': {
    ...clientFlight,
    certificate: by({ 'ecdhe-ecdsa': 'server-await-client-key-exchange' }),
  },
  'server-await-client-key-exchange': {
    ...clientFlight,
    'client-key-exchange': by({
      psk: 'server-await-credential',
      'ecdhe-psk': 'server-await-credential',
      'ecdhe-ecdsa': 'server-await-certificate-verify',
    }),
  },
  'server-await-certificate-verify': {
    ...clientFlight,
    'certificate-verify': by({ 'ecdhe-ecdsa': 'server-await-verification' }),
  },
  'server-await-verification': { ...clientFlight, verified: by({ 'ecdhe-ecdsa': 'server-await-peer' }) },
  'server-await-peer': { ...clientFlight, peer: by({ 'ecdhe-ecdsa': 'server-await-key-agreement' }) },
  'server-await-credential': {
    ...clientFlight,
    credential: by({ psk: 'server-await-change-cipher-spec', 'ecdhe-psk': 'server-await-key-agreement' }),
  },
  'server-await-key-agreement': {
    ...clientFlight,
    agreed: by({ 'ecdhe-psk': 'server-await-change-cipher-spec', 'ecdhe-ecdsa': 'server-await-change-cipher-spec' }),
  },
  'server-await-change-cipher-spec': {
    ...handshaking,
    'change-cipher-spec': to('server-await-finished'),
    'next-epoch-record': 'hold',
  },
  // The client whose Finished ends a resumption may go on with data at once.
  'server-await-finished': { ...handshaking, finished: to('server-established'), 'application-data': 'hold' },
  'server-established': { ...established, 'client-hello': 'refuse-renegotiation' },

  'client-await-hello': {
    ...handshaking,
    'hello-verify-request': to('client-await-server-hello'),
    'server-hello': SERVER_HELLO,
  },
  'client-await-server-hello': { ...handshaking, 'hello-verify-request': 'drop', 'server-hello': SERVER_HELLO },
  'client-await-certificate': {
    ...handshaking,
    certificate: by({ 'ecdhe-ecdsa': 'client-await-server-key-exchange' }),
  },
  'client-await-server-key-exchange': {
    ...handshaking,
    'server-key-exchange': by({
      psk: 'client-await-server-hello-done',
      'ecdhe-psk': 'client-await-server-hello-done',
      'ecdhe-ecdsa': 'client-await-certificate-request',
    }),
    'server-hello-done': by({ psk: 'client-await-session-ticket' }),
  },
  'client-await-certificate-request': {
    ...handshaking,
    'certificate-request': by({ 'ecdhe-ecdsa': 'client-await-server-hello-done' }),
  },
  'client-await-server-hello-done': { ...handshaking, 'server-hello-done': SERVER_HELLO_DONE },
  'client-await-verification': { ...handshaking, verified: by({ 'ecdhe-ecdsa': 'client-await-peer' }) },
  'client-await-peer': { ...handshaking, peer: by({ 'ecdhe-ecdsa': 'client-await-key-pair' }) },
  'client-await-key-pair': {
    ...handshaking,
    generated: by({ 'ecdhe-psk': 'client-await-key-agreement', 'ecdhe-ecdsa': 'client-await-key-agreement' }),
  },
  'client-await-key-agreement': {
    ...handshaking,
    agreed: by({ 'ecdhe-psk': 'client-await-session-ticket', 'ecdhe-ecdsa': 'client-await-signature' }),
  },
  'client-await-signature': { ...handshaking, signed: by({ 'ecdhe-ecdsa': 'client-await-session-ticket' }) },
  'client-await-session-ticket': {
    ...handshaking,
    'new-session-ticket': to('client-await-change-cipher-spec'),
    'no-ticket': to('client-await-change-cipher-spec'),
    'change-cipher-spec': 'hold',
    'next-epoch-record': 'hold',
  },
  'client-await-change-cipher-spec': {
    ...handshaking,
    'change-cipher-spec': to('client-await-finished'),
    'next-epoch-record': 'hold',
  },
  'client-await-finished': { ...handshaking, finished: to('client-established'), 'application-data': 'hold' },
  'client-established': { ...established, 'hello-request': 'refuse-renegotiation' },
};
