import { createSecretKey } from 'node:crypto';
import { OscoreAssociation } from '@reeve/coap';
import type { CredentialId } from '../ids.ts';
import { type OscoreFound, oscoreLabel } from './oscore-port.ts';
import type { OscoreIds } from './oscore-questions.ts';
import { keyOf, type Way, Whereabouts } from './oscore-way.ts';
import type { Session } from './sessions.ts';

/** A device's keys, and the session that it has by them once it was heard. */
export interface OscorePeer {
  readonly credential: CredentialId;
  readonly identity: string;
  readonly association: OscoreAssociation;
  readonly where: Whereabouts;
  session: Session | undefined;
  /** New keys that are to be stored, and where the request came from that is held until they are. */
  renewal: { readonly derived: string; readonly from: Way } | undefined;
}

/** Numbers that are reserved at a time. */
const BLOCK = 1024;

/** Whose keys are here, and who is where. */
export class OscorePeers {
  readonly #random: (length: number) => Uint8Array;
  /** By the identity that a request's ids make. */
  readonly #peers = new Map<string, OscorePeer>();
  readonly #byCredential = new Map<CredentialId, OscorePeer>();
  /** Who is at an address: responses and empty messages name nobody. */
  readonly #byAddress = new Map<string, OscorePeer>();
  /** Who may be at an address, and is asked there. */
  readonly #candidates = new Map<string, OscorePeer>();

  constructor(random: (length: number) => Uint8Array) {
    this.#random = random;
  }

  withIdentity(identity: string): OscorePeer | undefined {
    return this.#peers.get(identity);
  }

  withIds({ kid, kidContext }: OscoreIds): OscorePeer | undefined {
    return this.#peers.get(oscoreLabel(kid, kidContext)) ?? this.#peers.get(oscoreLabel(kid));
  }

  withCredential(credential: CredentialId): OscorePeer | undefined {
    return this.#byCredential.get(credential);
  }

  /** Whether nobody is at any address. */
  isNowhere(): boolean {
    return this.#byAddress.size === 0 && this.#candidates.size === 0;
  }

  /** Who is at an address, or may be, for whom something is that came from there. */
  at(way: Way, isFor: (peer: OscorePeer) => boolean): OscorePeer | undefined {
    const key = keyOf(way);
    const known = [this.#byAddress.get(key), this.#candidates.get(key)];
    return known.find((peer) => peer !== undefined && isFor(peer));
  }

  /** The peer of keys, made if it is not there. */
  open(found: OscoreFound): OscorePeer {
    const { credential, identity, aead, hkdf, idContext, derived, sendFrom, sendLimit } = found;
    const known = this.#peers.get(identity);
    if (known) return known;
    const association = new OscoreAssociation({
      parameters: {
        masterSecret: createSecretKey(found.masterSecret),
        masterSalt: bytesOf(found.masterSalt),
        senderId: bytesOf(found.senderId),
        recipientId: bytesOf(found.recipientId),
        ...(idContext === undefined ? {} : { idContext: bytesOf(idContext) }),
        aead,
        hkdf,
      },
      ...(derived === undefined ? {} : { idContext: bytesOf(derived) }),
      numbers: { next: sendFrom, limit: sendLimit, block: BLOCK },
      // What was received before this process is not known: the first request proves that it is fresh.
      received: 'unknown',
      random: this.#random,
    });
    const where = new Whereabouts(this.#random);
    const peer: OscorePeer = { credential, identity, association, where, session: undefined, renewal: undefined };
    this.#peers.set(identity, peer);
    this.#byCredential.set(credential, peer);
    return peer;
  }

  /** What to ask a peer, as a plain datagram, at an address where it may be. */
  probe(peer: OscorePeer, way: Way): Uint8Array {
    this.#forgetCandidate(peer);
    this.#candidates.set(keyOf(way), peer);
    return peer.where.probe(way);
  }

  /** A peer receives there, and nowhere else that is known. */
  settle(peer: OscorePeer, way: Way): void {
    this.#forgetPlaces(peer);
    peer.where.settle(way);
    if (way.kind === 'address') this.#byAddress.set(keyOf(way), peer);
  }

  remove(peer: OscorePeer): void {
    this.#peers.delete(peer.identity);
    this.#byCredential.delete(peer.credential);
    this.#forgetPlaces(peer);
  }

  #forgetPlaces(peer: OscorePeer): void {
    const { proved } = peer.where;
    if (proved && this.#byAddress.get(keyOf(proved)) === peer) this.#byAddress.delete(keyOf(proved));
    this.#forgetCandidate(peer);
  }

  #forgetCandidate(peer: OscorePeer): void {
    const { candidate } = peer.where;
    if (candidate && this.#candidates.get(keyOf(candidate)) === peer) this.#candidates.delete(keyOf(candidate));
  }
}

const bytesOf = (hex: string): Uint8Array => Buffer.from(hex, 'hex');
