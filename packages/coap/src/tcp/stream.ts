import type { Peer, Timed } from '../peers.ts';
import { WheelEntry } from '../timer-wheel.ts';
import { FRAME_OVERHEAD, FrameReader } from './frames.ts';
import { BASE_MESSAGE_BYTES, type Leave, Signal } from './signals.ts';

/** Where a connection stands. `fresh`: the peer has not told its settings; `releasing`: it is about to close. */
export type StreamState = 'fresh' | 'open' | 'releasing';

/** What can come over a connection. */
export type Incoming = 'csm' | 'ping' | 'pong' | 'release' | 'abort' | 'message' | 'unknown';

type Action = 'settle' | 'pong' | 'ponged' | 'release' | 'end' | 'deliver' | 'ignore' | 'missing-csm';

const SETTLED: Record<Incoming, Action> = {
  csm: 'settle',
  ping: 'pong',
  pong: 'ponged',
  release: 'release',
  abort: 'end',
  message: 'deliver',
  unknown: 'ignore',
};

/** What is done with each: the peer's settings have to come first (RFC 8323 §5.3). */
export const STREAM_RECEPTION: Record<StreamState, Record<Incoming, Action>> = {
  fresh: {
    csm: 'settle',
    ping: 'missing-csm',
    pong: 'missing-csm',
    release: 'missing-csm',
    abort: 'end',
    message: 'missing-csm',
    unknown: 'missing-csm',
  },
  open: SETTLED,
  releasing: { ...SETTLED, release: 'ignore' },
};

const SIGNALS: Readonly<Record<number, Incoming>> = {
  [Signal.Csm]: 'csm',
  [Signal.Ping]: 'ping',
  [Signal.Pong]: 'pong',
  [Signal.Release]: 'release',
  [Signal.Abort]: 'abort',
};

/** What a message is, by its code: 7.xx are signals, of which not all are known. */
export function incomingOf(code: number): Incoming {
  return code >> 5 === 7 ? (SIGNALS[code] ?? 'unknown') : 'message';
}

/** Options and token that a message may have beside its payload, in bytes: what 1152 leaves beside 1024. */
const BESIDE_PAYLOAD = 128;

/** A connection to a peer, over which messages come in order and none is lost (RFC 8323). */
export class Stream extends WheelEntry<Timed> {
  readonly peer: Peer;
  readonly reader: FrameReader;
  state: StreamState = 'fresh';
  /** What the peer takes. */
  maxMessageBytes = BASE_MESSAGE_BYTES;
  /** Whether it takes bodies in parts. */
  blockwise = false;
  /** What the peer said when it released the connection. */
  leave: Leave | undefined = undefined;
  /** Token of a ping whose pong waits until all that came before it is dealt with. */
  custody: Uint8Array | undefined = undefined;

  /** @param longest bytes of a message that are taken */
  constructor(peer: Peer, longest: number) {
    super();
    this.peer = peer;
    this.reader = new FrameReader(longest);
  }

  /** Longest datagram whose message the peer takes. */
  get longest(): number {
    return this.maxMessageBytes - FRAME_OVERHEAD;
  }

  /** Longest payload that goes in one message; if the peer does not take parts, whatever its messages have room for. */
  get wholeBytes(): number {
    return this.blockwise ? Math.max(this.maxMessageBytes - BESIDE_PAYLOAD, 16) : Number.POSITIVE_INFINITY;
  }
}
