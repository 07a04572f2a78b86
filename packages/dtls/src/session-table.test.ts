import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newCounters } from './counters.ts';
import { addressKey, sessionKey } from './effects.ts';
import type { IdentityLabel } from './identity.ts';
import { SessionTable } from './session-table.ts';
import type { Slot } from './slabs.ts';
import type { SessionState } from './snapshot.ts';
import { sessionEnds } from './test-sessions.ts';

/** Few names, so that many sessions share them. */
function state(number: number): SessionState {
  return sessionEnds({
    name: `session ${number}`,
    identity: `psk:${number % 5}`,
    clientAddress: addressKey(`address ${number % 7}`),
    connectionId: number % 2 === 0 ? new Uint8Array(0) : Buffer.from(`cid ${number}`.padEnd(10)),
  }).server;
}

describe('the table of sessions', () => {
  it('agrees with plain maps, whatever comes, goes, sleeps, wakes and moves', () => {
    const step = fc.tuple(fc.constantFrom('toggle', 'sleep', 'wake', 'move'), fc.nat(30));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        const table = new SessionTable(42);
        const model = new Map<number, { slot: Slot; state: SessionState }>();
        const asleep: number[] = [];
        const awaken = (number: number): void => {
          const at = asleep.indexOf(number);
          if (at >= 0) asleep.splice(at, 1);
        };
        for (const [kind, number] of steps) {
          const held = model.get(number);
          if (held === undefined) {
            if (kind === 'toggle') model.set(number, { slot: table.add(state(number)), state: state(number) });
          } else if (kind === 'toggle') {
            table.remove(held.slot);
            model.delete(number);
            awaken(number);
          } else if (kind === 'sleep' && !asleep.includes(number)) {
            table.sleep(held.slot, { ...newCounters(), sendNext: number }, number);
            asleep.push(number);
          } else if (kind === 'wake') {
            table.wake(held.slot);
            awaken(number);
          } else if (kind === 'move' && !asleep.includes(number)) {
            const moved = { ...held.state, address: addressKey(`moved ${number}`) };
            model.set(number, { slot: table.replace(held.slot, moved), state: moved });
          }
          expect(table.size).toBe(model.size);
          const [first] = asleep;
          expect(table.longestAsleep()).toBe(first === undefined ? undefined : model.get(first)?.slot);
        }
        for (let number = 0; number <= 30; number++) {
          const held = model.get(number);
          expect(table.byKey(state(number).key)).toBe(held?.slot);
          if (number % 2 === 1) expect(table.byConnectionId(state(number).connectionId)).toBe(held?.slot);
          if (held === undefined) continue;
          expect(table.state(held.slot).address).toBe(held.state.address);
          expect(table.allAt(held.state.address)).toContain(held.slot);
          if (asleep.includes(number)) expect(table.counters(held.slot).sendNext).toBe(number);
        }
        const perIdentity = new Map<string, number>();
        for (const { state } of model.values()) {
          perIdentity.set(state.identity, (perIdentity.get(state.identity) ?? 0) + 1);
        }
        expect(table.mostPerIdentity).toBe(Math.max(0, ...perIdentity.values()));
        for (let i = 0; i < 5; i++) {
          expect(table.allOf(`psk:${i}` as IdentityLabel)).toHaveLength(perIdentity.get(`psk:${i}`) ?? 0);
        }
      }),
    );
  });

  it('keeps counters to the last bit, and counts bad records through a move', () => {
    const table = new SessionTable(1);
    const slot = table.add(state(1));
    const counters = {
      sendNext: 2 ** 47 + 1,
      sendLimit: 2 ** 48,
      highest: 2 ** 48 - 1,
      low: 0xfedc_ba98,
      high: 0x8000_0001,
    };
    table.countBadRecord(slot);
    table.sleep(slot, counters, 1_795_416_300_123.5);
    expect(table.counters(slot)).toEqual(counters);
    expect(table.asleepSince(slot)).toBe(1_795_416_300_123.5);
    table.wake(slot);
    const moved = table.replace(slot, {
      ...state(1),
      address: addressKey('a much longer address than before'.repeat(5)),
    });
    table.countBadRecord(moved);
    expect(table.badRecords(moved)).toBe(2);
  });

  it('finds by an address only who has no Connection ID', () => {
    const table = new SessionTable(1);
    const named = table.add({ ...state(1), address: addressKey('here') });
    expect(table.byAddress(addressKey('here'))).toBeUndefined();
    const plain = table.add({ ...state(2), address: addressKey('here') });
    expect(table.byAddress(addressKey('here'))).toBe(plain);
    expect(new Set(table.allAt(addressKey('here')))).toEqual(new Set([named, plain]));
    expect(table.byKey(sessionKey('nobody'))).toBeUndefined();
  });
});
