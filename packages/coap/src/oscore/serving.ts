import { Code } from '../codes.ts';
import { type CoapMessage, MessageType, observeValue, optionValue } from '../message.ts';
import { type CoapOption, Option, option } from '../options.ts';
import { oscoreLimits, RequestTable, type Served } from './bindings.ts';
import { Challenge } from './challenge.ts';
import type { RequestBinding, SecurityContext } from './context.ts';
import { type InnerMessage, joinMessage } from './inner-message.ts';
import { numberOf, type OscoreValue, partialIvOf } from './option-value.ts';
import type { Port, Protected } from './port.ts';
import { oscoreValueOf, protect, unprotect } from './protection.ts';
import { type Proposal, RederivationServer } from './rederivation.ts';
import { type OscoreFault, unprotectedError } from './refusal.ts';
import { ReplayWindow } from './replay-window.ts';

const EMPTY = new Uint8Array(0);

/** The server's role: requests of the peer come in, their answers and notifications go out. */
export class Serving {
  readonly #port: Port;
  readonly #rederivation: RederivationServer;
  readonly #served = new RequestTable<Served>(oscoreLimits.served);
  /** What a request has to repeat that must prove to be fresh. */
  readonly #echo: Challenge;

  constructor(port: Port) {
    this.#port = port;
    this.#rederivation = new RederivationServer(port.keys.base, port.random);
    this.#echo = new Challenge(port.random);
  }

  forget(): void {
    this.#served.clear();
  }

  /** Protects an answer or notification (RFC 8613 §8.3). One answer may have the nonce of its request. */
  respond(message: CoapMessage): Protected {
    const { keys, recent, refuse } = this.#port;
    const served = this.#served.get(message.token);
    if (!served) {
      refuse('unknown-request', 'an answer');
      return 'never';
    }
    const { context, binding } = served;
    const notifies = observeValue(message) !== undefined;
    let nonceOf: RequestBinding = binding;
    let value: OscoreValue = {};
    if (notifies || served.nonceUsed) {
      const number = keys.numbers.take();
      if (number === undefined) return 'later';
      const partialIv = partialIvOf(number);
      nonceOf = { kid: keys.base.parameters.senderId, partialIv };
      value = { partialIv };
    }
    served.nonceUsed = true;
    served.observing = notifies;
    if (!notifies) this.#served.delete(message.token);
    const wire = protect(message, context, { binding, nonceOf, value });
    if (message.type === MessageType.Acknowledgement) recent.answered(message.messageId, wire);
    return wire;
  }

  /** A request came from an address (RFC 8613 §8.2). */
  receive(datagram: Uint8Array, message: CoapMessage, from: string): void {
    const { keys, recent, deliver } = this.#port;
    const value = oscoreValueOf(message);
    if (!value?.kid || !value.partialIv || isPart(message)) {
      this.#refuse(message, 'undecodable');
      return;
    }
    const binding = { kid: value.kid, partialIv: value.partialIv };
    const number = numberOf(value.partialIv);
    const proposal = this.#rederivation.proposal(value.kidContext, keys.context, from);
    if (!proposal) {
      this.#refuse(message, 'no-context');
      return;
    }
    if (proposal.kind === 'current' && keys.window?.isFresh(number) === false) {
      this.#refuse(message, 'replay');
      return;
    }
    const inner = unprotect(message, proposal.context, { binding, nonceOf: binding });
    if (!inner) {
      this.#refuse(message, 'not-decrypted');
      return;
    }
    if (proposal.kind === 'first') {
      recent.add(datagram, message.messageId);
      this.#answerFirst(message, binding, proposal);
      return;
    }
    if (proposal.kind === 'second') this.#renew(proposal.context);
    const proved = proposal.kind === 'second' || !keys.window;
    const window = keys.window ?? this.#windowProvenBy(inner, number, from);
    if (!window) {
      this.#challenge(message, binding, from);
      return;
    }
    const newest = number > window.highest;
    window.accept(number);
    keys.window = window;
    recent.add(datagram, message.messageId);
    // Inside it counts only if it stands outside too (RFC 8613 §4.1.3.5.1).
    const observed = observeValue(message) === undefined ? undefined : observeValue(inner);
    const observing = observed === 0;
    this.#served.set(message.token, { context: keys.context, binding, nonceUsed: false, observing });
    const observe = observed === undefined ? undefined : option(Option.Observe, observed);
    deliver(joinMessage(inner, message, observe), { newest, proved });
  }

  /**
   * Answers request #1 of a derivation; it proves nothing yet, and goes no further. The answer has the nonce of the
   * request, octet by octet, though its keys are others (RFC 8613 §8.3).
   */
  #answerFirst(
    request: CoapMessage,
    binding: RequestBinding,
    { context, answer, kidContext }: Proposal & { kind: 'first' },
  ): void {
    const seal = { binding, nonceOf: binding, value: { kidContext } };
    const wire = protect(refusalOf(request, []), answer, seal, context);
    this.#port.recent.answered(request.messageId, wire);
    this.#port.emit(wire);
  }

  #renew(context: SecurityContext): void {
    this.#rederivation.settled();
    this.#port.forget();
    this.#port.keys.renew(context);
    this.#port.settle();
  }

  #windowProvenBy(inner: InnerMessage, number: number, from: string): ReplayWindow | undefined {
    const echo = optionValue(inner, Option.Echo);
    const sent = this.#echo.sentTo(from);
    if (!sent || !echo || Buffer.compare(echo, sent) !== 0) return undefined;
    return ReplayWindow.startingAt(number);
  }

  /** Asks for the request again, with a value that it can only have from this process (RFC 8613 Appendix B.1.2). */
  #challenge(request: CoapMessage, binding: RequestBinding, from: string): void {
    const { keys, emit } = this.#port;
    // The request may be a replay, whose own number was used for an answer already.
    const number = keys.numbers.take();
    // Without one there is no answer: the request comes again.
    if (number === undefined) return;
    const partialIv = partialIvOf(number);
    const nonceOf = { kid: keys.base.parameters.senderId, partialIv };
    const response = refusalOf(request, [option(Option.Echo, this.#echo.valueFor(from))]);
    emit(protect(response, keys.context, { binding, nonceOf, value: { partialIv } }));
  }

  #refuse(request: CoapMessage, fault: OscoreFault): void {
    this.#port.refuse(fault, 'a request');
    const datagram = unprotectedError(request, fault);
    if (datagram) this.#port.emit(datagram);
  }
}

/** Whether only a part of the ciphertext is here: outer blocks are what proxies make, and are not put together. */
function isPart({ options }: CoapMessage): boolean {
  return options.some(({ number }) => number === Option.Block1.number || number === Option.Block2.number);
}

/** 4.01 to a request; for a non-confirmable one with its message id, which is another number space there. */
function refusalOf({ type, messageId, token }: CoapMessage, options: readonly CoapOption[]): CoapMessage {
  const own = type === MessageType.Confirmable ? MessageType.Acknowledgement : MessageType.NonConfirmable;
  return { type: own, code: Code.Unauthorized, messageId, token, options, payload: EMPTY };
}
