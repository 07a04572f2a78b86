import type { Exchange } from './exchanges.ts';
import type { ObservationScope, PeerKey } from './ids.ts';
import type { Observer } from './observers.ts';
import type { Outbound } from './outbound.ts';
import { exchangeLifetimeMs, nonLifetimeMs, type TransmissionParameters } from './parameters.ts';
import type { Stream } from './tcp/stream.ts';
import { type TimerWheel, WheelEntry } from './timer-wheel.ts';

/** What stands in the timer wheel: messages of ours, peers to be swept, and connections that owe us something. */
export type Timed = Peer | Outbound | Stream;

/** Everything that is known of one peer. */
export class Peer extends WheelEntry<Timed> {
  readonly key: PeerKey;
  parameters: TransmissionParameters;
  /** How long its confirmable and non-confirmable message ids are remembered, ms. */
  exchangeLifetimeMs: number;
  nonLifetimeMs: number;
  /**
   * How long it stays when it is idle: while nobody else wants its room and its exchanges have not aged; until they have,
   * if the application spoke of it and can say so again (`scopeOf`); or until `forgetPeer`.
   */
  standing: 'passing' | 'bound' | 'configured' = 'passing';
  scope: ObservationScope | undefined;
  /** Incoming exchanges, oldest first. */
  readonly exchanges: Exchange[] = [];
  /** The message id of each: to look for one that is not there, as most are not, touches none of them. */
  readonly messageIds: number[] = [];
  /** Requests and pings that wait for their turn. */
  readonly queue: Outbound[] = [];
  /** The request under way: sent, its response outstanding. */
  request: Outbound | undefined = undefined;
  /** The one request, ping or notification whose ACK is outstanding (NSTART 1, RFC 7252 §4.7). */
  unacknowledged: Outbound | undefined = undefined;
  /** Separate confirmable responses whose ACK is outstanding. */
  readonly responses: Outbound[] = [];
  readonly observers: Observer[] = [];
  nextMessageId: number;
  /** When something last happened with it; of one that is not passing, when it was heard last, or made. */
  activeAt: number;
  /** When something last happened with it. */
  usedAt: number;
  /** Neighbours in order of last activity; none unless the peer is passing. */
  fresher: Peer | undefined = undefined;
  staler: Peer | undefined = undefined;

  constructor(
    key: PeerKey,
    parameters: TransmissionParameters,
    firstMessageId: number,
    now: number,
    scope?: ObservationScope,
  ) {
    super();
    this.key = key;
    this.scope = scope;
    this.parameters = parameters;
    this.exchangeLifetimeMs = exchangeLifetimeMs(parameters);
    this.nonLifetimeMs = nonLifetimeMs(parameters);
    this.nextMessageId = firstMessageId;
    this.activeAt = now;
    this.usedAt = now;
  }

  takeMessageId(): number {
    const id = this.nextMessageId;
    this.nextMessageId = (id + 1) & 0xffff;
    return id;
  }

  setParameters(parameters: TransmissionParameters): void {
    this.parameters = parameters;
    this.exchangeLifetimeMs = exchangeLifetimeMs(parameters);
    this.nonLifetimeMs = nonLifetimeMs(parameters);
  }

  /** Requests and pings of ours, the one under way included. */
  requestCount(): number {
    const pinging = this.unacknowledged?.purpose.kind === 'ping';
    return this.queue.length + (this.request === undefined ? 0 : 1) + (pinging ? 1 : 0);
  }

  /** Whether nothing but the memory of answered exchanges would be lost with it. */
  isIdle(): boolean {
    return (
      this.request === undefined &&
      this.unacknowledged === undefined &&
      this.queue.length === 0 &&
      this.responses.length === 0 &&
      this.observers.length === 0 &&
      this.exchanges.every(({ state }) => state.kind !== 'pending' && state.kind !== 'acknowledged')
    );
  }
}

/** How many of the longest silent peers are looked at for one that can go. */
const EVICTION_SEARCH = 16;

/**
 * The peers, in order of last activity but for those that make room for nobody: however many of them are silent, they
 * don't hide the idle ones from the eviction. Each stands in the wheel too, to be swept when its exchanges have aged.
 */
export class PeerTable {
  readonly #peers = new Map<PeerKey, Peer>();
  readonly #limit: number;
  readonly #wheel: TimerWheel<Timed>;
  readonly #create: (key: PeerKey, now: number) => Peer;
  #freshest: Peer | undefined = undefined;
  #stalest: Peer | undefined = undefined;

  constructor(limit: number, wheel: TimerWheel<Timed>, create: (key: PeerKey, now: number) => Peer) {
    this.#limit = limit;
    this.#wheel = wheel;
    this.#create = create;
  }

  get size(): number {
    return this.#peers.size;
  }

  get(key: PeerKey): Peer | undefined {
    return this.#peers.get(key);
  }

  values(): Iterable<Peer> {
    return this.#peers.values();
  }

  /** The peer of a key, made when it is new; undefined when there is no room and no idle peer that could go for it. */
  open(key: PeerKey, now: number): Peer | undefined {
    const known = this.#peers.get(key);
    if (known !== undefined) {
      if (known.standing === 'passing') this.touch(known, now);
      known.usedAt = now;
      return known;
    }
    if (this.#peers.size >= this.#limit && !this.#evict()) return undefined;
    const peer = this.#create(key, now);
    this.#peers.set(key, peer);
    this.#link(peer);
    if (peer.scope !== undefined) this.keep(peer, 'bound');
    this.#wheel.schedule(peer, now + peer.exchangeLifetimeMs, now);
    return peer;
  }

  /** Notes that something happened with a peer. */
  touch(peer: Peer, now: number): void {
    peer.activeAt = now;
    peer.usedAt = now;
    if (peer.standing !== 'passing' || peer === this.#freshest) return;
    this.#unlink(peer);
    this.#link(peer);
  }

  /** Notes that the application spoke of a peer: from here on it makes room for no other. */
  keep(peer: Peer, standing: Exclude<Peer['standing'], 'passing'>): void {
    if (peer.standing === 'passing') this.#unlink(peer);
    if (peer.standing !== 'configured') peer.standing = standing;
  }

  remove(peer: Peer): void {
    this.#wheel.cancel(peer);
    this.#peers.delete(peer.key);
    if (peer.standing === 'passing') this.#unlink(peer);
  }

  #evict(): boolean {
    let candidate = this.#stalest;
    for (let i = 0; i < EVICTION_SEARCH && candidate !== undefined; i++, candidate = candidate.fresher) {
      if (!candidate.isIdle()) continue;
      this.remove(candidate);
      return true;
    }
    return false;
  }

  #link(peer: Peer): void {
    peer.staler = this.#freshest;
    peer.fresher = undefined;
    if (this.#freshest !== undefined) this.#freshest.fresher = peer;
    this.#freshest = peer;
    this.#stalest ??= peer;
  }

  #unlink(peer: Peer): void {
    if (peer.fresher === undefined) this.#freshest = peer.staler;
    else peer.fresher.staler = peer.staler;
    if (peer.staler === undefined) this.#stalest = peer.fresher;
    else peer.staler.fresher = peer.fresher;
    peer.fresher = undefined;
    peer.staler = undefined;
  }
}
