import { encodeMessage } from './codec.ts';
import { Code } from './codes.ts';
import type { Outbox } from './effects.ts';
import { DUPLICATE_GETS, type Exchange, type ExchangeTable } from './exchanges.ts';
import type { PeerKey } from './ids.ts';
import type { CoapLimits } from './limits.ts';
import { MessageType } from './message.ts';
import type { ObservationTable } from './observations.ts';
import type { PeerTable } from './peers.ts';
import type { Sender } from './sender.ts';

/** What the two roles of a core share. */
export interface Context {
  readonly limits: CoapLimits;
  readonly outbox: Outbox;
  readonly peers: PeerTable;
  readonly exchanges: ExchangeTable;
  readonly observations: ObservationTable;
  readonly sender: Sender;
  /** Whether parts of bodies are put together above the core; if not, requests that are parts are refused. */
  readonly blockwise: boolean;
  /** n random bytes. */
  readonly random: (n: number) => Uint8Array;
}

const EMPTY = new Uint8Array(0);

/** Sends an empty ACK or RST (RFC 7252 §4.2). */
export function sendEmpty(
  { outbox }: Context,
  peer: PeerKey,
  type: typeof MessageType.Acknowledgement | typeof MessageType.Reset,
  messageId: number,
): void {
  outbox.send(peer, encodeMessage({ type, code: Code.Empty, messageId, token: EMPTY, options: [], payload: EMPTY }));
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
