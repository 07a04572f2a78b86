/**
 * Every session as octets in a slot, active or asleep, found by each of its names. An active one has an object beside
 * it (see `Session`), which knows better what moves; one that is asleep is nothing but its slot.
 */
import type { SessionCounters } from './counters.ts';
import { type AddressKey, type SessionKey, sessionKey } from './effects.ts';
import type { IdentityLabel } from './identity.ts';
import { Slabs, type Slot } from './slabs.ts';
import { hashOf, SlotIndex } from './slot-index.ts';
import { decodeSession, encodeSession, readSession, type SessionState } from './snapshot.ts';

/** By what sessions are found; all but the first may be shared by several. */
const NAMES = ['key', 'address', 'connectionId', 'identity'] as const;
type Name = (typeof NAMES)[number];

/** Where things stand in a slot, in octets. */
const At = {
  /** Neighbours in the order of silence, each one more than a slot or 0; for sessions that are asleep. */
  PREVIOUS: 0,
  NEXT: 4,
  /** When the session fell asleep, in ms. */
  SINCE: 8,
  /** The counters of a session that is asleep. */
  SEND_NEXT: 16,
  SEND_LIMIT: 24,
  HIGHEST: 32,
  LOW: 40,
  HIGH: 44,
  BAD_RECORDS: 48,
  /** Offset and length of each name's octets. */
  NAMES: 52,
  LENGTH: 68,
  SESSION: 70,
} as const;

export class SessionTable {
  readonly #seed: number;
  readonly #slabs = new Slabs();
  readonly #indexes: Readonly<Record<Name, SlotIndex>> = {
    key: new SlotIndex(),
    address: new SlotIndex(),
    connectionId: new SlotIndex(),
    identity: new SlotIndex(),
  };
  /** How many identities have so many sessions. */
  readonly #identitiesOf: number[] = [];
  #size = 0;
  /** Ends of the order of silence, as in a slot. */
  #first = 0;
  #last = 0;

  /** @param seed secret, so that nobody can choose names that are slow to find */
  constructor(seed: number) {
    this.#seed = seed;
  }

  get size(): number {
    return this.#size;
  }

  /** Sessions of the identity that has most. */
  get mostPerIdentity(): number {
    return Math.max(
      0,
      this.#identitiesOf.findLastIndex((identities) => identities > 0),
    );
  }

  /** Takes in a session that is active. */
  add(state: SessionState): Slot {
    this.#countIdentity(state.identity, 1);
    this.#size++;
    return this.#write(encodeSession(state));
  }

  /** Writes an active session anew under what has changed. @returns its new slot */
  replace(slot: Slot, state: SessionState): Slot {
    const badRecords = this.badRecords(slot);
    this.#erase(slot);
    const moved = this.#write(encodeSession(state));
    this.#slabs.at(moved).writeUInt32LE(badRecords, At.BAD_RECORDS);
    return moved;
  }

  remove(slot: Slot): void {
    this.#unlink(slot);
    const identity = this.identity(slot);
    this.#erase(slot);
    this.#size--;
    this.#countIdentity(identity, -1);
  }

  byKey(key: SessionKey): Slot | undefined {
    return this.#find('key', Buffer.from(key), () => true);
  }

  byConnectionId(connectionId: Uint8Array): Slot | undefined {
    return this.#find('connectionId', connectionId, () => true);
  }

  /** The session of an address whose records carry no Connection ID. */
  byAddress(address: AddressKey): Slot | undefined {
    return this.#find('address', Buffer.from(address), (slot) => !this.hasConnectionId(slot));
  }

  /** All sessions of an address; with a Connection ID there may be several. */
  allAt(address: AddressKey): Slot[] {
    return this.#all('address', address);
  }

  /** All sessions of an identity. */
  allOf(identity: IdentityLabel): Slot[] {
    return this.#all('identity', identity);
  }

  key(slot: Slot): SessionKey {
    return sessionKey(this.#name(slot, 'key').toString());
  }

  identity(slot: Slot): IdentityLabel {
    return this.#name(slot, 'identity').toString() as IdentityLabel;
  }

  /** Whether the peer's records carry a Connection ID of ours. */
  hasConnectionId(slot: Slot): boolean {
    return this.#nameLength(slot, 'connectionId') > 0;
  }

  /** All of a session but its counters, in the form of `encodeSession`; a view that counts until the next change. */
  octets(slot: Slot): Uint8Array {
    const octets = this.#slabs.at(slot);
    return octets.subarray(At.SESSION, At.SESSION + octets.readUInt16LE(At.LENGTH));
  }

  /** All of a session but its counters. */
  state(slot: Slot): SessionState {
    const state = decodeSession(this.octets(slot));
    if (typeof state === 'string') throw new RangeError(state);
    return state;
  }

  badRecords(slot: Slot): number {
    return this.#slabs.at(slot).readUInt32LE(At.BAD_RECORDS);
  }

  countBadRecord(slot: Slot): void {
    const octets = this.#slabs.at(slot);
    octets.writeUInt32LE(Math.min(octets.readUInt32LE(At.BAD_RECORDS) + 1, 2 ** 32 - 1), At.BAD_RECORDS);
  }

  /** The counters of a session that is asleep. */
  counters(slot: Slot): SessionCounters {
    const octets = this.#slabs.at(slot);
    return {
      sendNext: octets.readDoubleLE(At.SEND_NEXT),
      sendLimit: octets.readDoubleLE(At.SEND_LIMIT),
      highest: octets.readDoubleLE(At.HIGHEST),
      low: octets.readUInt32LE(At.LOW),
      high: octets.readUInt32LE(At.HIGH),
    };
  }

  setCounters(slot: Slot, counters: SessionCounters): void {
    const octets = this.#slabs.at(slot);
    octets.writeDoubleLE(counters.sendNext, At.SEND_NEXT);
    octets.writeDoubleLE(counters.sendLimit, At.SEND_LIMIT);
    octets.writeDoubleLE(counters.highest, At.HIGHEST);
    octets.writeUInt32LE(counters.low, At.LOW);
    octets.writeUInt32LE(counters.high, At.HIGH);
  }

  /** When a session fell asleep, in ms. */
  asleepSince(slot: Slot): number {
    return this.#slabs.at(slot).readDoubleLE(At.SINCE);
  }

  /** The one that has slept longest. */
  longestAsleep(): Slot | undefined {
    return this.#first === 0 ? undefined : ((this.#first - 1) as Slot);
  }

  /** Puts an active session at the end of the order of silence. */
  sleep(slot: Slot, counters: SessionCounters, now: number): void {
    this.setCounters(slot, counters);
    const octets = this.#slabs.at(slot);
    octets.writeDoubleLE(now, At.SINCE);
    octets.writeUInt32LE(this.#last, At.PREVIOUS);
    if (this.#last === 0) this.#first = slot + 1;
    else this.#slabs.at((this.#last - 1) as Slot).writeUInt32LE(slot + 1, At.NEXT);
    this.#last = slot + 1;
  }

  /** Takes a session out of the order of silence. */
  wake(slot: Slot): void {
    this.#unlink(slot);
  }

  #unlink(slot: Slot): void {
    const octets = this.#slabs.at(slot);
    const previous = octets.readUInt32LE(At.PREVIOUS);
    const next = octets.readUInt32LE(At.NEXT);
    if (previous === 0 && this.#first !== slot + 1) return;
    if (previous === 0) this.#first = next;
    else this.#slabs.at((previous - 1) as Slot).writeUInt32LE(next, At.NEXT);
    if (next === 0) this.#last = previous;
    else this.#slabs.at((next - 1) as Slot).writeUInt32LE(previous, At.PREVIOUS);
    octets.writeUInt32LE(0, At.PREVIOUS);
    octets.writeUInt32LE(0, At.NEXT);
  }

  #write(session: Uint8Array): Slot {
    const slot = this.#slabs.allocate(At.SESSION + session.length);
    const octets = this.#slabs.at(slot);
    octets.writeUInt16LE(session.length, At.LENGTH);
    octets.set(session, At.SESSION);
    const record = readSession(session);
    for (const [i, name] of NAMES.entries()) {
      const value = record?.[name] ?? session.subarray(0, 0);
      octets.writeUInt16LE(At.SESSION + value.byteOffset - session.byteOffset, At.NAMES + 4 * i);
      octets.writeUInt16LE(value.length, At.NAMES + 4 * i + 2);
      if (value.length > 0) this.#indexes[name].add(hashOf(this.#seed, value), slot);
    }
    return slot;
  }

  #erase(slot: Slot): void {
    for (const name of NAMES) {
      const value = this.#name(slot, name);
      if (value.length > 0) this.#indexes[name].remove(hashOf(this.#seed, value), slot);
    }
    this.#slabs.release(slot);
  }

  #find(name: Name, value: Uint8Array, isRight: (slot: Slot) => boolean): Slot | undefined {
    const index = this.#indexes[name];
    return index.find(hashOf(this.#seed, value), (slot) => this.#name(slot, name).equals(value) && isRight(slot));
  }

  #all(name: Name, value: string): Slot[] {
    const slots: Slot[] = [];
    this.#find(name, Buffer.from(value), (slot) => {
      slots.push(slot);
      return false;
    });
    return slots;
  }

  #name(slot: Slot, name: Name): Buffer {
    const octets = this.#slabs.at(slot);
    const start = octets.readUInt16LE(At.NAMES + 4 * NAMES.indexOf(name));
    return octets.subarray(start, start + this.#nameLength(slot, name));
  }

  #nameLength(slot: Slot, name: Name): number {
    return this.#slabs.at(slot).readUInt16LE(At.NAMES + 4 * NAMES.indexOf(name) + 2);
  }

  /** Moves an identity to where it is counted when it has one session more or less. */
  #countIdentity(identity: IdentityLabel, change: 1 | -1): void {
    const sessions = this.allOf(identity).length;
    const before = change === 1 ? sessions : sessions + 1;
    const after = before + change;
    this.#identitiesOf[before] = (this.#identitiesOf[before] ?? 0) - 1;
    this.#identitiesOf[after] = (this.#identitiesOf[after] ?? 0) + 1;
  }
}
