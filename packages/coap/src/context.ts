import { encodeEmpty } from './codec.ts';
import type { Outbox } from './effects.ts';
import { DUPLICATE_GETS, type Exchange, type ExchangeTable } from './exchanges.ts';
import type { PeerKey } from './ids.ts';
import type { CoapLimits } from './limits.ts';
import { MessageType } from './message.ts';
import type { ObservationTable } from './observations.ts';
import type { PeerTable } from './peers.ts';
import type { Sender } from './sender.ts';
import { FRAME_OVERHEAD } from './tcp/frames.ts';
import type { Stream } from './tcp/stream.ts';

/** What the two roles of a core share. */
export interface Context {
  readonly limits: CoapLimits;
  readonly outbox: Outbox;
  readonly peers: PeerTable;
  readonly exchanges: ExchangeTable;
  readonly observations: ObservationTable;
  readonly sender: Sender;
  /** Peers with a connection: nothing that is sent to them or that they send is acknowledged, repeated or reset. */
  readonly streams: Map<PeerKey, Stream>;
  /** Whether parts of bodies are put together above the core; if not, requests that are parts are refused. */
  readonly blockwise: boolean;
  /** n random bytes. */
  readonly random: (n: number) => Uint8Array;
}

/** Longest message that goes to a peer, in bytes of a datagram. */
export function longestTo({ limits, streams }: Context, peer: PeerKey): number {
  return streams.get(peer)?.longest ?? limits.messageBytes;
}

/** Longest message that a peer may send, in bytes of a datagram. */
export function longestFrom({ limits, streams }: Context, peer: PeerKey): number {
  return streams.has(peer) ? limits.streamMessageBytes + FRAME_OVERHEAD : limits.messageBytes;
}

/** Sends an empty ACK or RST (RFC 7252 §4.2); over a connection there is neither (RFC 8323 §3). */
export function sendEmpty(
  { outbox, streams }: Context,
  peer: PeerKey,
  type: typeof MessageType.Acknowledgement | typeof MessageType.Reset,
  messageId: number,
): void {
  if (streams.has(peer)) return;
  outbox.send(peer, encodeEmpty(type, messageId));
}

/** Gives a duplicate what its exchange has coming; `answer` does so where the answer was in the ACK. */
export function repeat(context: Context, exchange: Exchange, answer: (exchange: Exchange) => void): void {
  const { peer, messageId, state } = exchange;
  switch (DUPLICATE_GETS[state.kind]) {
    case 'nothing':
      break;
    case 'ack':
      sendEmpty(context, peer.key, MessageType.Acknowledgement, messageId);
      break;
    case 'reset':
      sendEmpty(context, peer.key, MessageType.Reset, messageId);
      break;
    case 'answer':
      answer(exchange);
      break;
  }
}
