import { expect, it } from 'vitest';
import { AckLedger } from './ack-ledger.ts';

it('finds what was acknowledged and is not there', () => {
  const ledger = new AckLedger();
  ledger.registered('a', 'r1');
  ledger.registered('b', 'r2');
  ledger.registered('b', 'r3');
  ledger.updated('b', 'r3');
  ledger.notified('a', 36.1);
  ledger.notified('a', 36.2);
  ledger.notified('b', 36.5);
  ledger.registered('c', 'r9');
  ledger.registering('c');
  expect(ledger.counts).toEqual({ register: 4, update: 1, notification: 3 });

  const whole = new Map([
    ['a', { registrationId: 'r1', latitude: 36.2 }],
    ['b', { registrationId: 'r3', latitude: 36.6 }],
  ]);
  expect(ledger.compare((endpoint) => whole.get(endpoint))).toEqual([]);

  const damaged = new Map([
    ['a', { registrationId: 'r1', latitude: 36.1 }],
    ['b', { registrationId: 'r2' }],
  ]);
  expect(ledger.compare((endpoint) => damaged.get(endpoint))).toEqual([
    { endpoint: 'b', kind: 'registration', acknowledged: 'r3', found: 'r2' },
    { endpoint: 'a', kind: 'notification', acknowledged: 36.2, found: 36.1 },
    { endpoint: 'b', kind: 'notification', acknowledged: 36.5, found: undefined },
  ]);
  expect(ledger.compare(() => undefined)).toHaveLength(4);

  expect(ledger.compare(() => ({ registrationId: 'r1', latitude: Number.NaN }))).toHaveLength(3);

  ledger.forgotten('b');
  ledger.registered('b', 'r4');
  const [loss, ...others] = ledger.compare((endpoint) =>
    endpoint === 'b' ? { registrationId: 'r4', latitude: 37 } : whole.get(endpoint),
  );
  expect(loss).toEqual({ endpoint: 'b', kind: 'registration', acknowledged: 'r3', found: undefined });
  expect(others).toEqual([]);
});
