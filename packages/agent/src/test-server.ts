import {
  block2,
  type CoapEffect,
  CoapEndpoint,
  type CoapMessage,
  Code,
  type Leave,
  type NotificationEffect,
  ObservationScope,
  Option,
  option,
  PeerKey,
  type RequestOutcome,
  type RequestSpec,
  type ResponseSpec,
  uriPath,
  uriQuery,
} from '@reeve/coap';
import { addressKey, DtlsServer, type SessionKey } from '@reeve/dtls';
import { seededBytes } from '../../../tooling/testing/fuzz.ts';

/** What the client proves itself with. */
export const PSK = { identity: Buffer.from('truck'), key: Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex') };
const CLIENT = addressKey('client');

const isForPart = (message: CoapMessage): boolean => message.code === Code.Get && block2(message) !== undefined;

/** What the server got. */
export interface ServerRequest {
  readonly code: number;
  readonly path: string;
  readonly query: readonly string[];
  readonly payload: string;
  readonly at: number;
}

/** A server of a few lines: CoAP, bare, in DTLS or over a connection, in virtual time. */
export class TestServer {
  readonly requests: ServerRequest[] = [];
  readonly notifications: NotificationEffect[] = [];
  /** How the server answers; by default a Register gets 2.01, an Update 2.04, a De-register 2.02. */
  answer: (request: ServerRequest) => number | ResponseSpec = ({ code, path }) =>
    code === Code.Delete ? Code.Deleted : path === 'rd' ? Code.Created : Code.Changed;
  /** Answers a request in the place of `answer`; undefined leaves it unanswered if it is for a part, or to `answer`. */
  respondTo: (message: CoapMessage) => ResponseSpec | undefined = () => undefined;
  now = 0;
  readonly #outcomes = new Map<number, RequestOutcome>();
  readonly #secure: boolean;
  /** The instance of object 0 that leads here, as the client says it. */
  securityId = 0;
  readonly #reply: (securityId: number, datagram: Uint8Array) => void;
  #dtls = new DtlsServer({ random: seededBytes(3) });
  #coap = new CoapEndpoint({ random: seededBytes(2), inParts: isForPart });
  #peer = PeerKey('client');
  #session: SessionKey | undefined;
  #registrations = 0;
  #connections = 0;

  constructor(secure: boolean, reply: (securityId: number, datagram: Uint8Array) => void) {
    this.#secure = secure;
    this.#reply = reply;
  }

  /** Loses all that it knew, as a restart would have it. */
  restart(): void {
    this.#dtls = new DtlsServer({ random: seededBytes(5 + this.now) });
    this.#coap = new CoapEndpoint({ random: seededBytes(4 + this.now), inParts: isForPart });
    this.#session = undefined;
  }

  /** Ends the DTLS session with close_notify. */
  endSession(): void {
    if (this.#session !== undefined) this.#dtls.close(this.#session);
  }

  /** The client has opened a connection. */
  connected(): void {
    this.disconnected();
    this.#peer = PeerKey(`connection ${++this.#connections}`);
    this.#coap.connected(this.#peer, this.now);
  }

  /** Says that it is about to close the connection. */
  release(leave: Leave): void {
    this.#coap.release(this.#peer, this.now, leave);
  }

  /** The connection is gone. */
  disconnected(): void {
    this.#coap.forgetPeer(this.#peer, this.now);
  }

  receive(datagram: Uint8Array): void {
    if (this.#secure) this.#dtls.receive(CLIENT, datagram, this.now);
    else this.#coap.receive(this.#peer, datagram, this.now);
  }

  nextWakeAt(): number {
    return Math.min(this.#coap.nextWakeAt() ?? Infinity, this.#dtls.nextWakeAt() ?? Infinity);
  }

  tick(): void {
    this.#coap.tick(this.now);
    this.#dtls.tick(this.now);
  }

  /** Does what there is to do. @returns whether there was anything */
  settle(): boolean {
    const effects = this.#coap.drain();
    for (const effect of effects) this.#onCoap(effect);
    const secured = this.#dtls.drain();
    for (const effect of secured) {
      if (effect.kind === 'send') this.#reply(this.securityId, effect.datagram);
      else if (effect.kind === 'findPsk')
        this.#dtls.pskFound(effect.lookup, { key: PSK.key, credential: '' }, this.now);
      else if (effect.kind === 'received') this.#coap.receive(this.#peer, effect.data, this.now);
      else if (effect.kind === 'established') {
        this.#session = effect.session;
        this.#peer = PeerKey(effect.session);
      }
    }
    return effects.length + secured.length > 0;
  }

  /** A request of the server's; its response comes once all is settled. */
  request(spec: RequestSpec): () => CoapMessage {
    this.#coap.bindScope(this.#peer, ObservationScope('scope'), this.now);
    const id = this.#coap.request(this.#peer, spec, this.now);
    return () => {
      const outcome = this.#outcomes.get(id);
      if (outcome?.kind !== 'response') throw new Error(`no response: ${JSON.stringify(outcome)}`);
      return outcome.message;
    };
  }

  #onCoap(effect: CoapEffect): void {
    switch (effect.kind) {
      case 'send':
        if (effect.peer !== this.#peer) break;
        if (!this.#secure) this.#reply(this.securityId, effect.datagram);
        else if (this.#session !== undefined) this.#dtls.send(this.#session, effect.datagram);
        break;
      case 'request': {
        const { message, exchange } = effect;
        const request = {
          code: message.code,
          path: uriPath(message).join('/'),
          query: uriQuery(message),
          payload: Buffer.from(message.payload).toString(),
          at: this.now,
        };
        this.requests.push(request);
        const special = this.respondTo(message);
        if (special === undefined && block2(message) !== undefined) break;
        if (special !== undefined) {
          this.#coap.respond(exchange, special, this.now);
          break;
        }
        const answer = this.answer(request);
        const options =
          answer === Code.Created
            ? [option(Option.LocationPath, 'rd'), option(Option.LocationPath, `r${++this.#registrations}`)]
            : [];
        this.#coap.respond(exchange, typeof answer === 'number' ? { code: answer, options } : answer, this.now);
        break;
      }
      case 'outcome':
        this.#outcomes.set(effect.request, effect.outcome);
        break;
      case 'notification':
        this.notifications.push(effect);
        if (effect.confirmable) this.#coap.accept(effect.exchange, this.now);
        break;
      default:
        break;
    }
  }
}
