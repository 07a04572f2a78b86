import type { CoapEffect, CoapEndpoint } from '@reeve/coap';
import type { Millis, RegistrationId } from '../ids.ts';
import { readBootstrapRequest } from './bootstrap-inbound.ts';
import type { Decoder } from './decoder.ts';
import { restOf } from './encoder.ts';
import { readRequest } from './inbound.ts';
import type { ExchangeRef, LinkUp, Listener } from './port.ts';
import type { SessionTable } from './sessions.ts';

interface Options {
  readonly coap: CoapEndpoint;
  readonly sessions: SessionTable;
  readonly decoder: Decoder;
  /** The sockets, by their index. */
  readonly listen: readonly Listener[];
  readonly wallClock: () => Millis;
  readonly deliver: (message: LinkUp) => void;
}

/** What devices send of their own accord: requests and notifications to typed messages, or to a refusal at once. */
export class Arrivals {
  readonly #o: Options;

  constructor(options: Options) {
    this.#o = options;
  }

  request({ peer, exchange, message }: Extract<CoapEffect, { kind: 'request' }>, now: number): void {
    const { coap, sessions, decoder, listen, deliver, wallClock } = this.#o;
    const session = sessions.get(peer);
    if (!session) return;
    const { info, record, registered } = session;
    const facts = { at: wallClock(), session: info, record, exchange: exchange as number as ExchangeRef };
    const read = listen[info.ingress]?.bootstrap
      ? readBootstrapRequest(message, facts)
      : readRequest(message, facts, registered, decoder);
    if (read.kind === 'message') {
      deliver(read.message);
      return;
    }
    if (read.refused) deliver(read.refused);
    coap.respond(exchange, { code: read.code }, now);
  }

  notification(effect: Extract<CoapEffect, { kind: 'notification' }>, now: number): void {
    const { coap, sessions, decoder, deliver, wallClock } = this.#o;
    const session = sessions.get(effect.peer);
    const token = Buffer.from(effect.token).toString('hex');
    const observed = decoder.observed(effect.scope as string as RegistrationId, token);
    if (!session || !observed) {
      if (effect.confirmable) coap.reject(effect.exchange, now);
      return;
    }
    const rest = effect.truncated && !effect.lost ? restOf(observed, effect.message) : undefined;
    if (rest !== undefined) {
      coap.fetchRest(effect, rest, now);
      return;
    }
    const at = wallClock();
    const body = decoder.decodeTold(observed.registered, observed.path, effect.message, at, effect.truncated);
    deliver({
      kind: 'notification',
      at,
      session: session.info,
      record: session.record,
      registrationId: observed.registered.registrationId,
      token,
      path: observed.path,
      fresh: effect.fresh,
      ends: effect.ends,
      code: effect.message.code,
      body,
      exchange: effect.confirmable ? (effect.exchange as number as ExchangeRef) : undefined,
    });
  }
}
