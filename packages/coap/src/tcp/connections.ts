import { decodeMessage } from '../codec.ts';
import type { Context } from '../context.ts';
import type { StreamEnd } from '../effects.ts';
import type { PeerKey } from '../ids.ts';
import type { CoapMessage } from '../message.ts';
import type { Timed } from '../peers.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import {
  abort,
  badOption,
  csm,
  type Leave,
  MAX_MESSAGE_SIZE,
  pong,
  readCsm,
  readRelease,
  release,
  Signal,
  wantsCustody,
} from './signals.ts';
import { incomingOf, STREAM_RECEPTION, Stream } from './stream.ts';

/** How long a peer may take for its settings, and for the rest of a message that it has begun, ms. */
const CSM_MS = 10_000;
const MESSAGE_MS = 30_000;
/** What a peer must take: any answer without a payload, and a request for a small part of something. */
const LEAST_MESSAGE_BYTES = 64;

interface Options {
  readonly context: Context;
  readonly wheel: TimerWheel<Timed>;
  /** A request or response came, whole; also as the datagram that says the same. */
  readonly deliver: (stream: Stream, message: CoapMessage, datagram: Uint8Array, now: number) => void;
  /** A pong came. */
  readonly ponged: (stream: Stream, message: CoapMessage, now: number) => void;
  /** The connection is over: what is known of its peer is to be forgotten. */
  readonly forget: (peer: PeerKey, now: number) => void;
}

/** Connections over which CoAP goes without types, message ids and retransmission (RFC 8323). */
export class Connections {
  readonly #o: Options;

  constructor(options: Options) {
    this.#o = options;
  }

  /** A connection to a peer is there: tells it our settings. False when there is no room for it. */
  open(key: PeerKey, now: number): boolean {
    const { limits, outbox, peers, streams } = this.#o.context;
    if (streams.size >= limits.streams) return false;
    const peer = peers.open(key, now);
    if (peer === undefined) return false;
    peers.keep(peer, 'configured');
    const stream = new Stream(peer, limits.streamMessageBytes);
    streams.set(key, stream);
    this.#o.wheel.schedule(stream, now + CSM_MS, now);
    outbox.send(key, csm(limits.streamMessageBytes));
    return true;
  }

  /** The next bytes came. */
  receive(stream: Stream, chunk: Uint8Array, now: number): void {
    const { peers, streams } = this.#o.context;
    const { key } = stream.peer;
    peers.touch(stream.peer, now);
    const hadPartial = stream.reader.partial > 0;
    const frames = stream.reader.take(chunk);
    for (const frame of frames) {
      // What came before may have ended it.
      if (streams.get(key) !== stream) return;
      if (frame.kind === 'malformed') this.#abort(stream, 'format', frame.detail, now);
      else this.#onMessage(stream, frame.datagram, now);
    }
    if (streams.get(key) !== stream || stream.state === 'fresh') return;
    if (stream.reader.partial === 0) this.#o.wheel.cancel(stream);
    else if (!hadPartial || frames.length > 0) this.#o.wheel.schedule(stream, now + MESSAGE_MS, now);
  }

  /** Its time has come: what was due did not come. */
  due(stream: Stream, now: number): void {
    const detail = stream.state === 'fresh' ? 'no capabilities and settings came' : 'a message came too slowly';
    this.#abort(stream, 'slow', detail, now);
  }

  /** Tells a peer that its connection will be closed by us, and that it should not send any more requests. */
  release(stream: Stream, leave: Leave): void {
    this.#o.context.outbox.send(stream.peer.key, release(leave));
  }

  /** What waits for the peer's exchanges to end happens once none is open. */
  exchangeEnded(stream: Stream, now: number): void {
    const { exchanges, outbox } = this.#o.context;
    const { custody, peer, state } = stream;
    if (exchanges.owes(peer)) return;
    stream.custody = undefined;
    if (custody !== undefined) outbox.send(peer.key, pong(custody, true));
    if (state === 'releasing') this.#end(stream, 'released', 'the peer closes the connection', now);
  }

  #onMessage(stream: Stream, datagram: Uint8Array, now: number): void {
    const decoded = decodeMessage(datagram);
    if (!decoded.ok) {
      const { kind, detail } = decoded.error;
      this.#abort(stream, 'format', `${kind}: ${detail}`, now);
      return;
    }
    const { message } = decoded;
    const incoming = incomingOf(message.code);
    const bad = incoming === 'message' ? undefined : badOption(message);
    if (bad !== undefined) {
      const isCsm = message.code === Signal.Csm;
      this.#abort(stream, 'critical-option', `option ${bad} of a signal is not known`, now, isCsm ? bad : undefined);
      return;
    }
    switch (STREAM_RECEPTION[stream.state][incoming]) {
      case 'settle':
        this.#settle(stream, message, now);
        break;
      case 'pong':
        this.#pong(stream, message);
        break;
      case 'ponged':
        this.#o.ponged(stream, message, now);
        break;
      case 'release':
        stream.state = 'releasing';
        stream.leave = readRelease(message);
        this.exchangeEnded(stream, now);
        break;
      case 'end': {
        const reason = new TextDecoder().decode(message.payload);
        this.#end(stream, 'aborted', reason === '' ? 'the peer gave no reason' : reason, now);
        break;
      }
      case 'missing-csm':
        this.#abort(stream, 'format', 'the first message is not one of capabilities and settings', now);
        break;
      case 'deliver':
        this.#o.deliver(stream, message, datagram, now);
        break;
      case 'ignore':
        break;
    }
  }

  #settle(stream: Stream, message: CoapMessage, now: number): void {
    const { maxMessageBytes, blockwise } = readCsm(message);
    if (maxMessageBytes !== undefined && maxMessageBytes < LEAST_MESSAGE_BYTES) {
      const detail = `the peer takes messages of no more than ${maxMessageBytes} bytes`;
      this.#abort(stream, 'format', detail, now, MAX_MESSAGE_SIZE);
      return;
    }
    if (maxMessageBytes !== undefined) stream.maxMessageBytes = maxMessageBytes;
    if (blockwise) stream.blockwise = true;
    if (stream.state !== 'fresh') return;
    stream.state = 'open';
    this.#o.context.outbox.push({ kind: 'settled', peer: stream.peer.key });
  }

  /** One ping waits for its custody at a time; of several the newest, and the older ones get their pong without. */
  #pong(stream: Stream, message: CoapMessage): void {
    const { exchanges, outbox } = this.#o.context;
    const { peer, custody } = stream;
    const token = message.token.slice();
    if (!wantsCustody(message) || !exchanges.owes(peer)) {
      outbox.send(peer.key, pong(token, !exchanges.owes(peer)));
      return;
    }
    if (custody !== undefined) outbox.send(peer.key, pong(custody, false));
    stream.custody = token;
  }

  #abort(stream: Stream, reason: StreamEnd, detail: string, now: number, badCsmOption?: number): void {
    this.#o.context.outbox.send(stream.peer.key, abort(detail, badCsmOption));
    this.#end(stream, reason, detail, now);
  }

  #end({ peer: { key }, leave }: Stream, reason: StreamEnd, detail: string, now: number): void {
    this.#o.forget(key, now);
    this.#o.context.outbox.push({ kind: 'disconnect', peer: key, reason, detail, ...(leave && { leave }) });
  }
}
