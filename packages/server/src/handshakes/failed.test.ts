import { describe, expect, it } from 'vitest';
import { openMemoryStore } from '../store/memory/store.ts';
import { StoreError } from '../store/port.ts';
import { watchedStore } from '../store/test-watched.ts';
import { organisationId, START } from '../test-core.ts';
import { FailedHandshakes, failedLimits, type Refused } from './failed.ts';

const psk = (identity: string) => `psk:${Buffer.from(identity).toString('hex')}`;

const refused = (more: Partial<Refused> = {}): Refused => ({
  at: START,
  address: '192.0.2.1:40000',
  ingress: 0,
  identity: psk('truck-1'),
  check: 'unknown-identity',
  detail: 'nobody has it',
  handshake: {},
  ...more,
});

describe('failed handshakes', () => {
  it('say who, from where, what failed and when; the port does not matter', async () => {
    const listener = (ingress: number) => `coaps://192.0.2.200:${5684 + ingress}`;
    const failed = await FailedHandshakes.load(openMemoryStore(), organisationId, listener);
    const offered = ['TLS_NULL_WITH_NULL_NULL'];
    failed.count(refused({ handshake: { offered } }));
    failed.count(refused({ at: START + 5, address: '192.0.2.1:40001', ingress: 1, detail: 'again' }));
    expect(failed.list()).toEqual([
      {
        organisationId,
        handshakeId: expect.stringMatching(/^hs-/),
        firstAt: START,
        lastAt: START + 5,
        count: 2,
        address: '192.0.2.1',
        listener: 'coaps://192.0.2.200:5685',
        stage: 'dtls',
        identity: psk('truck-1'),
        check: 'unknown-identity',
        detail: 'again',
        handshake: {},
      },
    ]);
  });

  it.each([
    ['check', { check: 'wrong-key' }],
    ['identity', { identity: 'psk:00ff' }],
    ['endpoint', { endpoint: 'truck-2' }],
    ['host', { address: '[2001:db8::1]:1' }],
  ] as const)('are one record for each %s, newest first', async (_, more) => {
    const failed = await FailedHandshakes.load(openMemoryStore(), organisationId);
    failed.count(refused());
    failed.count(refused(more));
    expect(failed.list()).toHaveLength(2);
    failed.count(refused());
    expect(failed.list()[0]).toMatchObject({ check: 'unknown-identity', identity: psk('truck-1'), count: 2 });
  });

  it('after the handshake are told apart from those in it', async () => {
    const failed = await FailedHandshakes.load(openMemoryStore(), organisationId);
    failed.count(refused({ check: 'malformed' }));
    const { handshake: _, ...after } = refused({ check: 'malformed' });
    failed.count(after);
    expect(failed.list().map(({ stage }) => stage)).toEqual(['lwm2m', 'dtls']);
  });

  it('are counted by check since the start', async () => {
    const failed = await FailedHandshakes.load(openMemoryStore(), organisationId);
    for (const check of ['timeout', 'mtu', 'timeout'] as const) failed.count(refused({ check }));
    expect([...failed.counts()]).toEqual([
      ['timeout', 2],
      ['mtu', 1],
    ]);
  });

  it('reach the disk with the next flush, and outlive a restart', async () => {
    const store = openMemoryStore();
    const failed = await FailedHandshakes.load(store, organisationId);
    failed.count(refused());
    expect(await store.count('failedHandshakes')).toBe(0);
    await failed.flush(START);
    const again = await FailedHandshakes.load(store, organisationId);
    expect(again.list()).toEqual(failed.list());
    again.count(refused({ at: START + 1 }));
    expect(again.list()[0]?.count).toBe(2);
  });

  it('write nothing when nothing happened', async () => {
    const { store, control } = watchedStore();
    const failed = await FailedHandshakes.load(store, organisationId);
    await failed.flush(START);
    failed.count(refused());
    await failed.flush(START);
    await failed.flush(START);
    expect(control.batches).toHaveLength(1);
  });

  it('are journalled each time that the count gains a digit, however fast it grows', async () => {
    const store = openMemoryStore();
    const failed = await FailedHandshakes.load(store, organisationId);
    for (const upTo of [3, 9, 15, 99, 1_234]) {
      while ((failed.list()[0]?.count ?? 0) < upTo) failed.count(refused());
      await failed.flush(START);
    }
    const entries = await store.journal({ types: ['refusal.counted'] });
    expect(entries.map(({ payload }) => ('count' in payload ? payload.count : 0))).toEqual([3, 15, 1_234]);
  });

  it('that could not be written are written by the next flush', async () => {
    const { store, control } = watchedStore();
    const failed = await FailedHandshakes.load(store, organisationId);
    failed.count(refused());
    control.failure = new StoreError('full', 'no room');
    await expect(failed.flush(START)).rejects.toThrow('no room');
    control.failure = undefined;
    await failed.flush(START);
    expect(await store.count('failedHandshakes')).toBe(1);
  });

  it('counted while a flush is under way are written by the next', async () => {
    const { store, control } = watchedStore();
    const failed = await FailedHandshakes.load(store, organisationId);
    failed.count(refused());
    control.hold();
    const flushed = failed.flush(START);
    failed.count(refused({ at: START + 1 }));
    control.release();
    await flushed;
    await failed.flush(START);
    expect(await store.list('failedHandshakes')).toMatchObject([{ count: 2 }]);
  });

  it('fill the journal with no more than 1000 entries an hour', async () => {
    const { store, control } = watchedStore();
    const failed = await FailedHandshakes.load(store, organisationId);
    const flood = async (at: number) => {
      control.batches.length = 0;
      for (let stranger = 0; stranger < 3_000; stranger++) {
        failed.count(refused({ identity: psk(`${at} ${stranger}`) }));
        if (stranger % 50 === 49) await failed.flush(at);
      }
      return control.batches.flatMap(({ journal = [] }) => journal).length;
    };
    expect(await flood(START)).toBe(1_000);
    expect(await flood(START + 3_600_000)).toBe(1_000);
  });

  it('keep a flood of strangers to 1000 records in memory and store, and to 100 rows a flush', async () => {
    const { store, control } = watchedStore();
    const failed = await FailedHandshakes.load(store, organisationId);
    for (let turn = 0; turn < 100; turn++) {
      for (let stranger = 0; stranger < 100; stranger++) {
        failed.count(refused({ identity: psk(`${turn} ${stranger}`) }));
      }
      await failed.flush(START);
      expect(failed.list().length).toBeLessThanOrEqual(1_000);
    }
    for (const { changes = [] } of control.batches) expect(changes.length).toBeLessThanOrEqual(100);
    for (let turn = 0; turn < 100; turn++) await failed.flush(START);
    expect(await store.count('failedHandshakes')).toBe(1_000);
    expect(
      (await FailedHandshakes.load(store, organisationId))
        .list()
        .map(({ identity }) => identity)
        .sort(),
    ).toEqual(
      failed
        .list()
        .map(({ identity }) => identity)
        .sort(),
    );
  });

  it('that make room before they were ever written leave nothing behind', async () => {
    const store = openMemoryStore();
    const failed = await FailedHandshakes.load(store, organisationId);
    for (let stranger = 0; stranger < 10_000; stranger++) {
      failed.count(refused({ endpoint: `stranger-${stranger}` }));
    }
    for (let turn = 0; turn < 20; turn++) await failed.flush(START);
    expect(await store.count('failedHandshakes')).toBe(1_000);
  });

  it('of one network that floods push out none of another', async () => {
    const failed = await FailedHandshakes.load(openMemoryStore(), organisationId);
    failed.count(refused({ address: '198.51.100.7:1', identity: psk('the one that matters') }));
    for (let stranger = 0; stranger < 5_000; stranger++) {
      failed.count(refused({ address: `192.0.2.${stranger % 250}:1`, identity: psk(`stranger ${stranger}`) }));
    }
    expect(failed.list()).toHaveLength(failedLimits.records);
    expect(failed.list().at(-1)).toMatchObject({ identity: psk('the one that matters') });
  });

  it('of ever new networks push out the oldest', async () => {
    const failed = await FailedHandshakes.load(openMemoryStore(), organisationId);
    for (let network = 0; network < 2_000; network++) {
      failed.count(refused({ address: `10.${network >> 8}.${network & 255}.1:1` }));
    }
    expect(failed.list()).toHaveLength(failedLimits.records);
    expect(failed.list().at(-1)?.address).toBe('10.3.232.1');
  });
});
