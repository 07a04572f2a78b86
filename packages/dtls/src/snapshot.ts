/** A session in octets: to keep it asleep, to store it, to move it to another process. It holds the session's keys. */
import { type AddressKey, addressKey, type SessionKey, sessionKey } from './effects.ts';
import type { IdentityLabel } from './identity.ts';
import { MAX_PLAINTEXT } from './record.ts';
import type { EpochKeys } from './record-keys.ts';
import { decode, encode, opaque, struct, uint, type ValueOf } from './schema.ts';
import { suiteOf } from './suites.ts';

/** Version of the form below; another one is refused. */
const VERSION = 1;

const NOTHING = new Uint8Array(0);

/** Bits of `flags`. */
const Flag = { CLIENT: 1, ENCRYPT_THEN_MAC: 2 } as const;

const sessionRecord = struct<{
  key: Uint8Array;
  address: Uint8Array;
  connectionId: Uint8Array;
  identity: Uint8Array;
  credential: Uint8Array;
  peerConnectionId: Uint8Array;
  flags: number;
  suite: number;
  sendBytes: number;
  receiveBytes: number;
  material: Uint8Array;
  candidate: Uint8Array;
  candidateBudget: number;
}>({
  key: opaque(1),
  address: opaque(2),
  connectionId: opaque(1),
  identity: opaque(2),
  credential: opaque(1),
  peerConnectionId: opaque(1),
  flags: uint(1),
  suite: uint(2),
  sendBytes: uint(2),
  receiveBytes: uint(2),
  material: opaque(1),
  candidate: opaque(2),
  candidateBudget: uint(3),
});

/** A session as octets, field by field. */
export type SessionRecord = ValueOf<typeof sessionRecord>;

const snapshot = struct<{ version: number; sendFrom: number; received: number; session: Uint8Array }>({
  version: uint(1),
  sendFrom: uint(6),
  received: uint(6),
  session: opaque(2),
});

/** An address that the peer may have moved to, and the octets that may still be sent there. */
export interface Candidate {
  readonly address: AddressKey;
  readonly budget: number;
}

/** All of a session that does not change with every record. */
export interface SessionState {
  readonly key: SessionKey;
  readonly address: AddressKey;
  /** Ours, by which the peer's records are found; empty if they are found by their address. */
  readonly connectionId: Uint8Array;
  readonly identity: IdentityLabel;
  readonly credential: string;
  /** What our records carry; empty if nothing. */
  readonly peerConnectionId: Uint8Array;
  readonly role: 'client' | 'server';
  readonly keys: EpochKeys;
  /** Octets of plaintext that a record of ours, and one of the peer's, may hold (RFC 6066 §4, RFC 8449). */
  readonly sendBytes: number;
  readonly receiveBytes: number;
  readonly candidate: Candidate | undefined;
}

export function encodeSession(state: SessionState): Uint8Array {
  const { keys, candidate, role } = state;
  return encode(sessionRecord, {
    key: Buffer.from(state.key),
    address: Buffer.from(state.address),
    connectionId: state.connectionId,
    identity: Buffer.from(state.identity),
    credential: Buffer.from(state.credential),
    peerConnectionId: state.peerConnectionId,
    flags: (role === 'client' ? Flag.CLIENT : 0) | (keys.encryptThenMac ? Flag.ENCRYPT_THEN_MAC : 0),
    suite: keys.suite.id,
    sendBytes: state.sendBytes,
    receiveBytes: state.receiveBytes,
    material: keys.material,
    candidate: Buffer.from(candidate?.address ?? ''),
    candidateBudget: Math.min(candidate?.budget ?? 0, 2 ** 24 - 1),
  });
}

/** The fields of a session as views into `bytes`; nothing if that is not the form of a session. */
export function readSession(bytes: Uint8Array): SessionRecord | undefined {
  const parsed = decode(sessionRecord, bytes);
  return parsed.ok ? parsed.value : undefined;
}

/** A session whose octets may be overwritten after this; a reason if it cannot serve. */
export function decodeSession(bytes: Uint8Array): SessionState | string {
  const record = readSession(bytes);
  if (record === undefined) return 'the session is malformed';
  const suite = suiteOf(record.suite);
  if (suite === undefined) return `the cipher suite 0x${record.suite.toString(16)} is not implemented`;
  const { macKeyLength, keyLength, fixedIvLength } = suite.cipher;
  if (record.material.length !== 2 * (macKeyLength + keyLength + fixedIvLength)) return 'the keys do not fit the suite';
  if (Math.max(record.sendBytes, record.receiveBytes) > MAX_PLAINTEXT) return 'a record cannot hold so much';
  const candidate = textOf(record.candidate);
  return {
    key: sessionKey(textOf(record.key)),
    address: addressKey(textOf(record.address)),
    connectionId: copyOf(record.connectionId),
    identity: textOf(record.identity) as IdentityLabel,
    credential: textOf(record.credential),
    peerConnectionId: copyOf(record.peerConnectionId),
    role: record.flags & Flag.CLIENT ? 'client' : 'server',
    keys: {
      suite,
      encryptThenMac: (record.flags & Flag.ENCRYPT_THEN_MAC) !== 0,
      material: Uint8Array.from(record.material),
    },
    sendBytes: record.sendBytes,
    receiveBytes: record.receiveBytes,
    candidate: candidate === '' ? undefined : { address: addressKey(candidate), budget: record.candidateBudget },
  };
}

/** What a snapshot holds. */
export interface Snapshot {
  /** Sequence numbers from here on were never used, unless whoever made the snapshot reserved more later on. */
  readonly sendFrom: number;
  /** Newest sequence number received; -1 before the first. */
  readonly received: number;
  readonly session: Uint8Array;
}

export function encodeSnapshot({ sendFrom, received, session }: Snapshot): Uint8Array {
  return encode(snapshot, { version: VERSION, sendFrom, received: received + 1, session });
}

/** Nothing if the octets are no snapshot of this version. */
export function decodeSnapshot(bytes: Uint8Array): Snapshot | undefined {
  const parsed = decode(snapshot, bytes);
  if (!parsed.ok || parsed.value.version !== VERSION) return undefined;
  const { sendFrom, received, session } = parsed.value;
  return { sendFrom, received: received - 1, session };
}

/** Octets that keep no datagram in memory; an empty array is shared, since it takes as much memory as a short one. */
export function copyOf(bytes: Uint8Array): Uint8Array {
  return bytes.length === 0 ? NOTHING : Uint8Array.from(bytes);
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
}
