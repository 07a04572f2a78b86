import type { RequestOutcome, RequestSpec, TransmissionParameters } from '@reeve/coap';
import { type CoapEffect, CoapEndpoint, type CoapMessage, type ExchangeId, PeerKey, type RequestId } from '@reeve/coap';
import type { ServerAddress, WireEffect } from './effects.ts';
import { LIMITS } from './limits.ts';
import type { Link } from './link.ts';
import { transportOf } from './transports.ts';

/** What has to do with what comes over a channel. */
export interface ChannelUser {
  /** The link has come up. */
  up(now: number): void;
  /** The link is gone or did not come up; `detail` says why to people. */
  down(detail: string, now: number): void;
  /** Another security association begins: nothing of the last one counts any more. */
  renewed(peer: PeerKey, now: number): void;
  /** A message goes out, or has come in. */
  stirred(now: number): void;
  request(exchange: ExchangeId, message: CoapMessage, now: number): void;
  outcome(request: RequestId, outcome: RequestOutcome, now: number): void;
  notifyOutcome(effect: Extract<CoapEffect, { kind: 'notifyOutcome' }>, now: number): void;
  /** Something that the server sent was no request at all. */
  refused(detail: string): void;
}

interface ChannelParts {
  readonly address: ServerAddress;
  readonly link: Link;
  readonly user: ChannelUser;
  readonly random: (n: number) => Uint8Array;
  readonly parameters: Partial<TransmissionParameters> | undefined;
  readonly emit: (effect: WireEffect) => void;
  /** Requests whose parts are dealt with above CoAP. */
  readonly inParts: (request: CoapMessage) => boolean;
}

/** CoAP over a link to one server. */
export class Channel {
  readonly coap: CoapEndpoint;
  readonly #user: ChannelUser;
  readonly #emit: ChannelParts['emit'];
  readonly #address: ServerAddress;
  readonly #link: Link;
  /** Where it leads at present: to the address, or where the server sent us for one connection. */
  #to: string;
  /** A new one for every link: message ids of one security association mean nothing in the next (RFC 7252 §9.1.1). */
  #peer = PeerKey('0');
  #links = 0;

  constructor({ address, link, user, random, parameters, emit, inParts }: ChannelParts) {
    this.#address = address;
    this.#link = link;
    this.#to = address.to;
    this.#user = user;
    this.#emit = emit;
    this.coap = new CoapEndpoint({
      ...{ random, inParts },
      intercept: (_, datagram) => this.#link.intercept?.(datagram) ?? false,
      limits: { peers: 2, exchangesPerPeer: LIMITS.exchanges, observersPerPeer: LIMITS.observations },
      ...(parameters && { parameters }),
    });
  }

  /** The server that it leads to. */
  get address(): ServerAddress {
    return this.#address;
  }

  /** The server, as CoAP knows it over the present link. */
  get peer(): PeerKey {
    return this.#peer;
  }

  /** Whether it leads over a connection. */
  get isStream(): boolean {
    return this.#link.connection !== undefined;
  }

  /** Sets the link up, anew if it is up already. */
  connect(now: number): void {
    this.#renew(now);
    this.#link.connect(now);
  }

  close(now: number): void {
    // What the core still wants to send, such as an ACK, goes out before the link closes.
    this.#carryOutCoap(now);
    this.#renew(now);
    this.#link.close();
  }

  /** Closes it for good. */
  end(now: number): void {
    this.close(now);
    this.#carryOutLink(now);
    this.#emit({ kind: 'disconnect', ...this.#address });
  }

  request(spec: RequestSpec, now: number): RequestId {
    return this.coap.request(this.#peer, spec, now);
  }

  receive(datagram: Uint8Array, now: number): void {
    this.#link.receive(datagram, now);
  }

  /** The connection that was wanted is there. */
  opened(now: number): void {
    this.#link.connection?.opened(now);
  }

  /** The connection that was wanted is gone, or did not come up; `detail` says why to people. */
  lost(detail: string, now: number): void {
    this.#link.connection?.lost(detail, now);
  }

  tick(now: number): void {
    this.#link.tick(now);
    this.coap.tick(now);
  }

  nextWakeAt(): number | undefined {
    const link = this.#link.nextWakeAt();
    const core = this.coap.nextWakeAt();
    return link === undefined || core === undefined ? (link ?? core) : Math.min(link, core);
  }

  /** Carries out what core and link want. @returns whether there was anything, so that it or others may want more */
  carryOut(now: number): boolean {
    const said = this.#carryOutCoap(now);
    return this.#carryOutLink(now) || said;
  }

  #renew(now: number): void {
    this.coap.forgetPeer(this.#peer, now);
    this.#peer = PeerKey(String(++this.#links));
    this.#user.renewed(this.#peer, now);
  }

  #carryOutLink(now: number): boolean {
    const { securityId } = this.#address;
    const effects = this.#link.drain(now);
    for (const effect of effects) {
      if (effect.kind === 'send') {
        this.#user.stirred(now);
        this.#emit({ ...effect, securityId, to: this.#to });
      } else if (effect.kind === 'connect') {
        this.#to = alternativeTo(this.#address.to, effect.alternative);
        this.#emit({ kind: 'connect', tls: effect.tls, securityId, to: this.#to });
      } else if (effect.kind === 'disconnect') this.#emit({ ...effect, securityId, to: this.#to });
      else if (effect.kind === 'received') {
        this.#user.stirred(now);
        this.coap.receive(this.#peer, effect.data, now);
      } else if (effect.kind === 'message') this.coap.deliver(this.#peer, effect.data, now);
      else if (effect.kind === 'up') this.#linkUp(now);
      else this.#user.down(effect.detail, now);
    }
    return effects.length > 0;
  }

  /** Over a connection nothing goes before the server has told its settings: they say how long messages may be. */
  #linkUp(now: number): void {
    if (this.isStream) this.coap.connected(this.#peer, now);
    else this.#user.up(now);
  }

  #carryOutCoap(now: number): boolean {
    let any = false;
    for (let effects = this.coap.drain(); effects.length > 0; effects = this.coap.drain()) {
      any = true;
      for (const effect of effects) this.#onCoap(effect, now);
    }
    return any;
  }

  #onCoap(effect: CoapEffect, now: number): void {
    if ('peer' in effect && effect.peer !== this.#peer) return;
    switch (effect.kind) {
      case 'send':
        this.#link.send(effect.datagram);
        break;
      case 'settled':
        this.#user.up(now);
        break;
      case 'disconnect':
        // What CoAP says last, why, goes out before.
        this.#link.connection?.ended(effect.leave ?? {}, now);
        this.#link.close();
        this.#user.down(effect.detail, now);
        break;
      case 'request':
        this.#user.request(effect.exchange, effect.message, now);
        break;
      case 'outcome':
        this.#user.outcome(effect.request, effect.outcome, now);
        break;
      case 'notifyOutcome':
        this.#user.notifyOutcome(effect, now);
        break;
      case 'refused':
        this.#user.refused(effect.detail);
        break;
      default:
        break;
    }
  }
}

/** The URI with another host and port, of the same scheme; what is no host and port changes nothing. */
function alternativeTo(uri: string, authority: string | undefined): string {
  if (authority === undefined || !AUTHORITY.test(authority)) return uri;
  const other = `${new URL(uri).protocol}//${authority}`;
  return transportOf(other) ? other : uri;
}

/** Host and port (RFC 3986 §3.2), without anything that a URI has before or behind. */
const AUTHORITY = /^[^/?#@\s]+$/;
