/** Resuming sessions: what is kept of them, by whom, and for how long (RFC 5246 §7.4.1.2, RFC 5077, RFC 7627 §5.3). */
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import type { Handshake } from './handshake.ts';
import { type IdentityLabel, identityLabel } from './identity.ts';
import { MASTER_SECRET_LENGTH } from './key-schedule.ts';
import type { ClientHello } from './messages.ts';
import type { Negotiated } from './negotiation.ts';
import type { Objection } from './objection.ts';
import { DEFAULT_RESUMPTION_LIFETIME_MS, type ServerResumption } from './options.ts';
import { decode, encode, fixed, opaque, struct, uint } from './schema.ts';
import type { Suite } from './suites.ts';

/** What is needed of a session to resume it. Only sessions with the extended master secret are kept. */
export interface Resumable {
  /** The wire value. */
  readonly suite: number;
  readonly masterSecret: Uint8Array;
  readonly encryptThenMac: boolean;
  readonly identity: IdentityLabel;
  readonly credential: string;
  /** The name that the client had asked for; empty for none. */
  readonly serverName: string;
  /** When it can't be resumed any more, in ms of the caller's clock. */
  readonly expiresAt: number;
}

/** What resumes a session at the client. Holds its master secret. */
export interface ResumptionState extends Resumable {
  readonly sessionId: Uint8Array;
  /** What the server gave to be shown to it; nothing if it remembers by the session id. */
  readonly ticket?: Uint8Array;
}

export const SESSION_ID_LENGTH = 32;

/** What a server remembers, or has its clients remember. */
export class Resumption {
  readonly sessionIds: boolean;
  readonly tickets: boolean;
  readonly lifetimeMs: number;
  readonly #capacity: number;
  /** By session id, the oldest first; both as texts of a character for each octet, at half the memory of objects. */
  readonly #remembered = new Map<string, string>();
  readonly #keys: TicketKeys;

  constructor(options: ServerResumption, random: (n: number) => Uint8Array) {
    this.#capacity = options.sessionIds ?? 0;
    this.sessionIds = this.#capacity > 0;
    this.tickets = options.tickets ?? false;
    this.lifetimeMs = options.lifetimeMs ?? DEFAULT_RESUMPTION_LIFETIME_MS;
    this.#keys = new TicketKeys(random, this.lifetimeMs);
  }

  /** Sessions that are remembered. */
  get size(): number {
    return this.#remembered.size;
  }

  remember(sessionId: Uint8Array, session: Resumable): void {
    if (this.#remembered.size >= this.#capacity) {
      const [oldest] = this.#remembered.keys();
      if (oldest !== undefined) this.#remembered.delete(oldest);
    }
    this.#remembered.set(textOf(sessionId), textOf(pack(session)));
  }

  /** The session that a client wants to resume, if it asks for the same things again. */
  find(
    { sessionId, cipherSuites }: ClientHello,
    { ticket, serverName, encryptThenMacOffered }: Negotiated,
    suites: readonly Suite[],
    now: number,
  ): Resumable | undefined {
    const session = this.#shown(sessionId, ticket, now);
    if (session === undefined || session.expiresAt <= now || !cipherSuites.includes(session.suite)) return undefined;
    const suite = suites.find(({ id }) => id === session.suite);
    const encryptThenMac = suite?.cipher.kind === 'cbc' && encryptThenMacOffered;
    const same = (serverName ?? '') === session.serverName && encryptThenMac === session.encryptThenMac;
    return suite && same ? session : undefined;
  }

  #shown(sessionId: Uint8Array, ticket: Uint8Array | undefined, now: number): Resumable | undefined {
    if (ticket !== undefined && ticket.length > 0) return this.tickets ? this.#keys.open(ticket, now) : undefined;
    const packed = sessionId.length > 0 ? this.#remembered.get(textOf(sessionId)) : undefined;
    return packed === undefined ? undefined : unpack(Buffer.from(packed, 'latin1'));
  }

  /** A ticket for a session. */
  seal(session: Resumable, now: number): Uint8Array {
    return this.#keys.seal(session, now);
  }
}

/** What is needed of a handshake to resume its session; nothing if that has no extended master secret. */
export function resumableOf(handshake: Handshake, expiresAt: number): Resumable | undefined {
  const { suite, presented, extendedMasterSecret, encryptThenMac, credential, serverName, masterSecret } = handshake;
  if (suite === undefined || presented === undefined || !extendedMasterSecret) return undefined;
  return {
    suite: suite.id,
    masterSecret,
    encryptThenMac,
    identity: identityLabel(presented),
    credential,
    serverName: serverName ?? '',
    expiresAt,
  };
}

/** A session with the extended master secret is resumed with it, or the handshake ends (RFC 7627 §5.3). */
export function objectToResumption({ extendedMasterSecret }: Negotiated): Objection | undefined {
  if (extendedMasterSecret) return undefined;
  const detail = 'the peer wants to resume a session without the extended master secret that it began with';
  return { check: 'extended-master-secret', detail, alert: 'handshake_failure' };
}

const NAME_LENGTH = 16;
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;
const CIPHER = 'aes-256-gcm';
const KEY_LENGTH = 32;

/** A session as it is remembered, and as it is sealed in a ticket. */
const packedSession = struct<{
  suite: number;
  masterSecret: Uint8Array;
  encryptThenMac: number;
  expiresAt: number;
  identity: Uint8Array;
  credential: Uint8Array;
  serverName: Uint8Array;
}>({
  suite: uint(2),
  masterSecret: fixed(MASTER_SECRET_LENGTH),
  encryptThenMac: uint(1),
  expiresAt: uint(6),
  identity: opaque(2),
  credential: opaque(1),
  serverName: opaque(2),
});

function pack(session: Resumable): Uint8Array {
  return encode(packedSession, {
    ...session,
    encryptThenMac: session.encryptThenMac ? 1 : 0,
    expiresAt: Math.max(0, Math.floor(session.expiresAt)),
    identity: Buffer.from(session.identity),
    credential: Buffer.from(session.credential),
    serverName: Buffer.from(session.serverName),
  });
}

function unpack(bytes: Uint8Array): Resumable | undefined {
  const parsed = decode(packedSession, bytes);
  if (!parsed.ok) return undefined;
  const { identity, credential, serverName, encryptThenMac, ...rest } = parsed.value;
  return {
    ...rest,
    encryptThenMac: encryptThenMac === 1,
    identity: Buffer.from(identity).toString() as IdentityLabel,
    credential: Buffer.from(credential).toString(),
    serverName: Buffer.from(serverName).toString(),
  };
}

interface TicketKey {
  readonly name: Buffer;
  readonly key: KeyObject;
  readonly madeAt: number;
}

/** The keys of tickets: one seals, and it opens for as long again after the next one has taken its place. */
class TicketKeys {
  readonly #random: (n: number) => Uint8Array;
  readonly #lifetimeMs: number;
  #current: TicketKey | undefined;
  #previous: TicketKey | undefined;

  constructor(random: (n: number) => Uint8Array, lifetimeMs: number) {
    this.#random = random;
    this.#lifetimeMs = lifetimeMs;
  }

  /** Name of the key, nonce, sealed session, tag (as RFC 5077 §4 recommends it, with an AEAD). */
  seal(session: Resumable, now: number): Uint8Array {
    const { name, key } = this.#sealing(now);
    const nonce = this.#random(NONCE_LENGTH);
    const cipher = createCipheriv(CIPHER, key, nonce);
    cipher.setAAD(name);
    return Buffer.concat([name, nonce, cipher.update(pack(session)), cipher.final(), cipher.getAuthTag()]);
  }

  open(ticket: Uint8Array, now: number): Resumable | undefined {
    const sealed = ticket.length - NAME_LENGTH - NONCE_LENGTH - TAG_LENGTH;
    if (sealed < 0) return undefined;
    const name = ticket.subarray(0, NAME_LENGTH);
    const known = [this.#current, this.#previous].find((one) => one && Buffer.compare(one.name, name) === 0);
    if (known === undefined || now - known.madeAt >= 2 * this.#lifetimeMs) return undefined;
    const start = NAME_LENGTH + NONCE_LENGTH;
    const decipher = createDecipheriv(CIPHER, known.key, ticket.subarray(NAME_LENGTH, start));
    decipher.setAAD(name);
    decipher.setAuthTag(ticket.subarray(start + sealed));
    try {
      return unpack(Buffer.concat([decipher.update(ticket.subarray(start, start + sealed)), decipher.final()]));
    } catch {
      // node:crypto says by an exception that the tag does not match.
      return undefined;
    }
  }

  #sealing(now: number): TicketKey {
    const current = this.#current;
    if (current !== undefined && now - current.madeAt < this.#lifetimeMs) return current;
    this.#previous = current;
    this.#current = {
      name: Buffer.from(this.#random(NAME_LENGTH)),
      key: createSecretKey(this.#random(KEY_LENGTH)),
      madeAt: now,
    };
    return this.#current;
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
