/** Test kit: endpoints over an in-memory network in virtual time, with randomness that replays. */
import { createHash } from 'node:crypto';
import { alertName, decodeAlert } from './alert.ts';
import type { PresentedKey } from './certificates.ts';
import { DtlsClient } from './client.ts';
import { type CryptoResult, type CryptoTask, computeNow } from './compute.ts';
import { type AddressKey, addressKey, type DtlsEffect, type PeerFound, type PskFound } from './effects.ts';
import type { ClientIdentity, ClientOptions, EndpointOptions, ServerOptions } from './options.ts';
import { ContentType, readRecord } from './record.ts';
import { DtlsServer } from './server.ts';
import { admitKnownPeer } from './testing-peers.ts';

export const IDENTITY = Buffer.from('device-1');
export const KEY = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
/** What a server finds for `IDENTITY`. */
export const FOUND: PskFound = { key: KEY, credential: 'credential-1' };
const KEYS = { [IDENTITY.toString()]: KEY };
/** The client that holds the key. */
export const PSK: ClientIdentity = { kind: 'psk', identity: IDENTITY, key: KEY };
export const CLIENT_ADDRESS = addressKey('192.0.2.1:40000');
export const SERVER_ADDRESS = addressKey('198.51.100.1:5684');

/** Octets that look random and are the same in every run. */
export function replayableRandom(seed: string): (n: number) => Uint8Array {
  let counter = 0;
  return (n) => {
    const blocks: Buffer[] = [];
    for (let have = 0; have < n; have += 32) {
      blocks.push(createHash('sha256').update(`${seed}:${counter++}`).digest());
    }
    return Buffer.concat(blocks, n);
  };
}

export function effectsOf<K extends DtlsEffect['kind']>(
  effects: readonly DtlsEffect[],
  kind: K,
): Extract<DtlsEffect, { kind: K }>[] {
  return effects.filter((effect): effect is Extract<DtlsEffect, { kind: K }> => effect.kind === kind);
}

/** The fatal alert in plaintext that is the first thing sent, by name. */
export function alertIn(effects: readonly DtlsEffect[]): string | undefined {
  const [sent] = effectsOf(effects, 'send');
  const record = sent && readRecord(sent.datagram, 0);
  const alert = record?.type === ContentType.ALERT ? decodeAlert(record.fragment) : undefined;
  return alert?.fatal ? alertName(alert.description) : undefined;
}

/** What the network does with a datagram: deliver each copy after so many ms; none means that it is lost. */
export type Network = (datagram: Uint8Array, from: 'client' | 'server', index: number) => readonly number[];

/** Every datagram once, after one ms. */
export const perfectNetwork: Network = () => [1];

export interface PairOptions {
  readonly network?: Network;
  readonly shared?: Partial<EndpointOptions>;
  readonly client?: Partial<ClientOptions>;
  readonly server?: Partial<ServerOptions>;
  /** The keys that the server knows, by identity as text. */
  readonly keys?: Readonly<{ [identity: string]: Uint8Array }>;
  /** How long the answer to each question takes, in ms; 0 answers at once. */
  readonly lookupMs?: number;
  readonly computeMs?: number;
  /** How both sides' cryptography is done. */
  readonly compute?: (task: CryptoTask, by: 'client' | 'server') => CryptoResult;
  /** What both sides say of peers, and the server of sessions that are to be resumed; see `admitPeer`. */
  readonly admitPeer?: (presented: PresentedKey, by: 'client' | 'server') => PeerFound;
  readonly admitResumed?: boolean;
}

interface Due {
  readonly at: number;
  readonly run: (now: number) => void;
}

/** A client and a server, and the network between them. */
export class Pair {
  readonly client: DtlsClient;
  readonly server: DtlsServer;
  /** All effects so far, `send` included. */
  readonly clientEffects: DtlsEffect[] = [];
  readonly serverEffects: DtlsEffect[] = [];
  now = 0;
  clientAddress: AddressKey = CLIENT_ADDRESS;
  network: Network;
  readonly #options: PairOptions;
  readonly #due: Due[] = [];
  #datagrams = 0;

  constructor(options: PairOptions = {}) {
    this.#options = options;
    this.network = options.network ?? perfectNetwork;
    this.server = new DtlsServer({ random: replayableRandom('server'), ...options.shared, ...options.server });
    this.client = new DtlsClient({
      random: replayableRandom('client'),
      address: SERVER_ADDRESS,
      identity: PSK,
      ...options.shared,
      ...options.client,
    });
  }

  /** Runs until nothing is left to happen, or `untilMs` of virtual time have passed. */
  run(untilMs: number): void {
    this.flush();
    for (;;) {
      const next = Math.min(
        this.#due[0]?.at ?? Number.POSITIVE_INFINITY,
        this.client.nextWakeAt() ?? Number.POSITIVE_INFINITY,
        this.server.nextWakeAt() ?? Number.POSITIVE_INFINITY,
      );
      if (next > untilMs) break;
      this.now = Math.max(this.now, next);
      const due = this.#due[0];
      if (due !== undefined && due.at <= this.now) this.#due.shift()?.run(this.now);
      this.client.tick(this.now);
      this.server.tick(this.now);
      this.flush();
    }
    this.now = Math.max(this.now, untilMs);
  }

  /** Forgets what has happened so far, and counts datagrams anew. */
  forget(): void {
    this.clientEffects.length = 0;
    this.serverEffects.length = 0;
    this.#datagrams = 0;
  }

  /** Carries out the effects that are waiting. */
  flush(): void {
    for (let more = true; more; ) {
      const fromClient = this.client.drain();
      const fromServer = this.server.drain();
      this.clientEffects.push(...fromClient);
      this.serverEffects.push(...fromServer);
      more = fromClient.length + fromServer.length > 0;
      for (const effect of fromClient) this.#carryOut('client', effect);
      for (const effect of fromServer) this.#carryOut('server', effect);
    }
  }

  #carryOut(side: 'client' | 'server', effect: DtlsEffect): void {
    const {
      lookupMs = 0,
      computeMs = 0,
      compute = computeNow,
      keys = KEYS,
      admitPeer = admitKnownPeer,
      admitResumed = true,
    } = this.#options;
    const endpoint = this[side];
    switch (effect.kind) {
      case 'send': {
        const { datagram } = effect;
        if (side === 'server' && effect.address !== this.clientAddress) break;
        const address = side === 'client' ? this.clientAddress : SERVER_ADDRESS;
        const receiver = side === 'client' ? this.server : this.client;
        this.#transmit(datagram, side, (copy, now) => receiver.receive(address, copy, now));
        break;
      }
      case 'findPsk': {
        const key = keys[Buffer.from(effect.identity).toString()];
        this.#after(lookupMs, (now) => this.server.pskFound(effect.lookup, key && { ...FOUND, key }, now));
        break;
      }
      case 'findPeer':
        this.#after(lookupMs, (now) => endpoint.peerFound(effect.lookup, admitPeer(effect.presented, side), now));
        break;
      case 'findResumed':
        this.#after(lookupMs, (now) => this.server.resumedFound(effect.lookup, admitResumed, now));
        break;
      case 'compute':
        this.#after(computeMs, (now) => endpoint.computed(effect.job, compute(effect.task, side), now));
        break;
      default:
        break;
    }
  }

  #transmit(datagram: Uint8Array, from: 'client' | 'server', deliver: (copy: Uint8Array, now: number) => void): void {
    for (const delay of this.network(datagram, from, this.#datagrams++)) {
      this.#at(this.now + delay, (now) => deliver(Uint8Array.from(datagram), now));
    }
  }

  /** At once if it takes no time. */
  #after(ms: number, run: (now: number) => void): void {
    if (ms === 0) run(this.now);
    else this.#at(this.now + ms, run);
  }

  #at(at: number, run: (now: number) => void): void {
    const index = this.#due.findIndex((other) => other.at > at);
    this.#due.splice(index < 0 ? this.#due.length : index, 0, { at, run });
  }
}
