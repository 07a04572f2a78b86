import { encodeMessage } from '../codec.ts';
import { Code } from '../codes.ts';
import { type CoapMessage, MessageType, observeValue, optionValue } from '../message.ts';
import { Option, option } from '../options.ts';
import { type Asked, oscoreLimits, RequestTable } from './bindings.ts';
import type { SecurityContext } from './context.ts';
import { joinMessage } from './inner-message.ts';
import { numberOf, partialIvOf } from './option-value.ts';
import type { Port, Protected } from './port.ts';
import { oscoreValueOf, protect, unprotect } from './protection.ts';
import { RederivationClient } from './rederivation.ts';
import { ReplayWindow } from './replay-window.ts';

interface RequestKeys {
  readonly context: SecurityContext;
  readonly number: number;
  readonly kidContext?: Uint8Array;
}

type Pending = NonNullable<Asked['pending']>;

const SEQUENCE_MASK = 0xffffff;
const HALF_MESSAGE_IDS = 0x8000;
const EMPTY = new Uint8Array(0);

/** The client's role: requests of ours go out, their responses and notifications come in. */
export class Asking {
  readonly #port: Port;
  /** Renews what a plain datagram goes out as. */
  readonly #replace: (plain: Uint8Array, wire: Uint8Array) => void;
  readonly #rederivation: RederivationClient | undefined;
  readonly #asked = new RequestTable<Asked>(oscoreLimits.asked);
  /** Message ids of requests that were made again, and those that the CoAP layer knows them by. */
  readonly #aliases = new Map<number, number>();

  constructor(port: Port, rederive: boolean, replace: (plain: Uint8Array, wire: Uint8Array) => void) {
    this.#port = port;
    this.#replace = replace;
    this.#rederivation = rederive ? new RederivationClient(port.keys.base, port.random) : undefined;
  }

  /** Whether a response with this token can be to a request of ours. */
  expects(token: Uint8Array): boolean {
    return this.#asked.get(token) !== undefined;
  }

  forget(): void {
    this.#asked.clear();
  }

  /** Protects a request of the CoAP layer. */
  request(message: CoapMessage, plain: Uint8Array): Protected {
    const keys = this.#keys();
    return keys ? this.#protect({ message, plain, repetitions: 0 }, message, keys) : 'later';
  }

  /** The message id by which the CoAP layer knows what a message acknowledges, resets or answers in its ACK. */
  ownId({ type, messageId }: CoapMessage): number {
    const answers = type === MessageType.Acknowledgement || type === MessageType.Reset;
    return answers ? (this.#aliases.get(messageId) ?? messageId) : messageId;
  }

  /** A response came, or a notification (RFC 8613 §8.4). */
  receive(datagram: Uint8Array, message: CoapMessage): void {
    const { keys, recent, refuse, deliver } = this.#port;
    const asked = this.#asked.get(message.token);
    if (!asked) {
      refuse('unknown-request', 'a response');
      return;
    }
    if (optionValue(message, Option.Oscore) === undefined) {
      this.#receiveUnprotected(message, asked);
      return;
    }
    const value = oscoreValueOf(message);
    if (!value) {
      refuse('undecodable', 'a response');
      return;
    }
    const number = value.partialIv && numberOf(value.partialIv);
    // What has no number of its own has that of the request, which one answer may use.
    if (number === undefined ? !asked.pending : !asked.window.isFresh(number)) {
      refuse('replay', 'a response');
      return;
    }
    const { binding, context, pending } = asked;
    const { recipientId: kid } = keys.base.parameters;
    const nonceOf = value.partialIv ? { kid, partialIv: value.partialIv } : binding;
    const rederivation = value.kidContext && this.#rederivation?.answered(value.kidContext);
    const answerContext = rederivation?.context ?? context;
    // Without a number it has the nonce of the request, octet by octet, whatever keys it is under (RFC 8613 §8.4).
    const inner = unprotect(message, answerContext, { binding, nonceOf }, value.partialIv ? answerContext : context);
    if (!inner) {
      refuse('not-decrypted', 'a response');
      return;
    }
    const own = { ...message, messageId: this.ownId(message) };
    if (message.type === MessageType.Confirmable) recent.add(datagram, message.messageId);
    if (rederivation) {
      this.#port.forget();
      keys.renewForProcess(rederivation.proceed());
      if (pending) this.#again(pending, own);
      return;
    }
    this.#rederivation?.confirmed();
    if (number !== undefined) asked.window.accept(number);
    asked.pending = undefined;
    asked.observing = observeValue(message) !== undefined;
    if (!asked.observing) this.#asked.delete(message.token);
    // The peer's numbers order its notifications; one without a number came before all others (RFC 8613 §4.1.3.5.2).
    const sequence = number ?? Math.max(keys.window?.highest ?? 0, 0);
    const observe = asked.observing ? option(Option.Observe, sequence & SEQUENCE_MASK) : undefined;
    deliver(joinMessage(inner, own, observe), { newest: true, proved: false });
  }

  /** An error that anybody may have sent: it is believed only in that the peer may have lost keys that can be renewed. */
  #receiveUnprotected(message: CoapMessage, { pending }: Asked): void {
    this.#port.refuse('unprotected', 'a response');
    if (!this.#rederivation || !pending || pending.repetitions >= oscoreLimits.repetitions) return;
    if (message.code !== Code.Unauthorized && message.code !== Code.BadRequest) return;
    this.#rederivation.lost();
    this.#again(pending, message);
  }

  /** Makes a request again; under another message id, as it is another message, but for the CoAP layer still the same. */
  #again(pending: Pending, answer: CoapMessage): void {
    if (answer.type === MessageType.Confirmable) {
      const { messageId } = answer;
      const ack = { type: MessageType.Acknowledgement, code: Code.Empty, messageId, token: EMPTY };
      this.#port.emit(encodeMessage({ ...ack, options: [], payload: EMPTY }));
    }
    const keys = this.#keys();
    // Without a number the CoAP layer's retransmission is the next try.
    if (!keys) return;
    const { message, plain } = pending;
    const repetitions = pending.repetitions + 1;
    const messageId = (message.messageId + HALF_MESSAGE_IDS + repetitions) & 0xffff;
    this.#alias(messageId, message.messageId);
    const wire = this.#protect({ message, plain, repetitions }, { ...message, messageId }, keys);
    this.#replace(plain, wire);
    this.#port.emit(wire);
  }

  #alias(messageId: number, own: number): void {
    this.#aliases.set(messageId, own);
    const [oldest] = this.#aliases.keys();
    if (this.#aliases.size > oscoreLimits.recent && oldest !== undefined) this.#aliases.delete(oldest);
  }

  #protect(pending: Pending, message: CoapMessage, { context, number, kidContext }: RequestKeys): Uint8Array {
    const { senderId: kid } = this.#port.keys.base.parameters;
    const partialIv = partialIvOf(number);
    const binding = { kid, partialIv };
    const observing = observeValue(message) === 0;
    this.#asked.set(message.token, { context, binding, window: new ReplayWindow(), pending, observing });
    const value = { kid, partialIv, ...(kidContext ? { kidContext } : {}) };
    return protect(message, context, { binding, nonceOf: binding, value });
  }

  #keys(): RequestKeys | undefined {
    const { keys } = this.#port;
    if (this.#rederivation?.isDue) return { ...this.#rederivation.begin(), number: 0 };
    const number = keys.numbers.take();
    const { context } = keys;
    const { idContext } = keys.base.parameters;
    const kidContext = this.#rederivation ? this.#rederivation.kidContext : idContext;
    return number === undefined ? undefined : { context, number, ...(kidContext ? { kidContext } : {}) };
  }
}
