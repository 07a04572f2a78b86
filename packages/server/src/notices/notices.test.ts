import { describe, expect, it } from 'vitest';
import { openMemoryStore } from '../store/memory/store.ts';
import { type Store, StoreError } from '../store/port.ts';
import { noticeLimits, retryWait } from './limits.ts';
import { openTestNotices, rest } from './test-notices.ts';

const HOUR = 3_600_000;
const typeOf = ({ body }: { body: string }) => JSON.parse(body).type;
const idOf = ({ body }: { body: string }) => JSON.parse(body).id;

describe('a notice', () => {
  it('tells what happened, to which device, in which incident', async () => {
    const test = await openTestNotices();
    await test.seed();
    const { webhook, secret } = await test.add('https://receiver.example/hook');
    expect(secret).toMatch(/^reeve_hook_[\w-]{43}$/);
    const at = test.time.now;
    await test.happen(test.incident('incident.cleared', 'back'));
    expect(test.received.length).toBe(1);
    const [{ url, headers, body } = { url: '', headers: {}, body: '' }] = test.received;
    expect(url).toBe('https://receiver.example/hook');
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'reeve-id': idOf({ body }) });
    expect(JSON.parse(body)).toEqual({
      id: expect.stringMatching(new RegExp(`^dlv-\\d{12}-${webhook.webhookId}$`)),
      type: 'incident.cleared',
      at,
      text: 'words for incident.cleared',
      device: { deviceId: 'dev-1', endpoint: 'truck-1' },
      incident: {
        id: 'inc-1',
        policy: 'only-california',
        rule: 'Stays inside California',
        state: 'open',
        openedAt: at,
        evidence: ['in Nevada'],
      },
    });
    expect(await test.list()).toEqual([{ ...webhook, lastDeliveredAt: at }]);
    expect(await test.store.count('deliveries')).toBe(0);
    await test.stop();
  });

  it('is not made of what nobody must be told', async () => {
    const test = await openTestNotices();
    await test.add('https://a.example');
    const { actor, organisationId } = test.incident('incident.cleared', '');
    await test.happen({ type: 'person.added', payload: { name: 'x' }, at: 0, organisationId, actor });
    expect(test.received).toEqual([]);
    await test.stop();
  });

  it('goes to each webhook, with a secret and an id of its own', async () => {
    const test = await openTestNotices();
    await test.add('https://a.example/');
    await test.add('https://b.example/');
    await test.happen(test.incident('incident.cleared', 'x'));
    expect(test.received.map(({ url }) => url).sort()).toEqual(['https://a.example/', 'https://b.example/']);
    expect(new Set(test.received.map(idOf)).size).toBe(2);
    expect(new Set(test.received.map(({ headers }) => headers['reeve-signature'])).size).toBe(2);
    await test.stop();
  });

  it('keeps the order of its webhook, and does not wait for another', async () => {
    const test = await openTestNotices();
    await test.add('https://slow.example/');
    await test.add('https://quick.example/');
    let failures = 2;
    test.receiver.answer = ({ url }) => (url.includes('slow') && failures-- > 0 ? 500 : 200);
    const drafts = Array.from({ length: 5 }, (_, index) =>
      test.incident(index % 2 ? 'incident.cleared' : 'incident.reopened', ''),
    );
    await test.happen(...drafts);
    const order = drafts.map(({ type }) => type);
    const types = (name: string) => test.received.filter(({ url }) => url.includes(name)).map(typeOf);
    expect(types('quick')).toEqual(order);
    expect(types('slow')).toEqual(order.slice(0, 1));
    await test.time.pass(60_000);
    expect(types('slow')).toEqual([order[0], order[0], ...order]);
    await test.stop();
  });
});

describe('a try that fails', () => {
  it.each([
    ['an error', 500, 'answered 500'],
    ['a redirect', 302, 'answered 302'],
    ['a refused connection', Object.assign(new Error('connect ECONNREFUSED'), { code: 'x' }), 'connect ECONNREFUSED'],
    ['silence', 'silence', 'no answer within 10 s'],
  ] as const)('by %s is repeated', async (_, answer, error) => {
    const test = await openTestNotices();
    await test.add('https://a.example/');
    test.receiver.answer = () => answer;
    await test.happen(test.incident('incident.cleared', 'x'));
    await test.time.pass(noticeLimits.timeout);
    expect(test.received.length).toBeGreaterThan(0);
    expect(await test.list()).toMatchObject([{ waiting: 1, dead: 0, lastError: error }]);
    test.receiver.answer = () => 200;
    await test.time.pass(60_000);
    const [webhook] = await test.list();
    expect(webhook).toMatchObject({ waiting: 0, dead: 0, lastDeliveredAt: expect.any(Number) });
    expect(webhook?.lastError).toBeUndefined();
    await test.stop();
  });

  it('is repeated ever later, twelve times, then it is a dead letter', async () => {
    const test = await openTestNotices();
    await test.add('https://a.example/');
    test.receiver.answer = () => 503;
    const start = test.time.now;
    await test.happen(test.incident('incident.cleared', 'x'));
    await test.time.pass(48 * HOUR);
    const waits = test.received.map(({ at }, index) => at - (test.received[index - 1]?.at ?? start));
    expect(waits).toEqual([0, ...Array.from({ length: 11 }, (_, index) => Math.round(5000 * 2.5 ** index))]);
    expect(new Set(test.received.map(idOf)).size).toBe(1);
    expect(new Set(test.received.map(({ headers }) => headers['reeve-timestamp'])).size).toBe(12);
    const [letter] = await test.dead();
    expect(letter).toMatchObject({
      type: 'incident.cleared',
      attempts: 12,
      lastError: 'answered 503',
      createdAt: start,
    });
    expect(await test.list()).toMatchObject([{ waiting: 0, dead: 1 }]);
    const entries = await test.store.journal({ types: ['notice.dead'] });
    expect(entries).toMatchObject([{ payload: { type: 'incident.cleared', error: 'answered 503' } }]);

    test.receiver.answer = () => 200;
    await test.redeliver(letter?.deliveryId ?? '');
    await rest();
    expect([test.received.length, (await test.dead()).length]).toEqual([13, 0]);
    await expect(test.redeliver('dlv-x')).rejects.toMatchObject({ code: 'no-such-thing' });
    await test.stop();
  });

  it('takes the later ones with it after a day, and not the ones of today', async () => {
    const test = await openTestNotices();
    await test.add('https://a.example/');
    test.receiver.answer = () => 503;
    for (let hour = 0; hour < 40; hour++) {
      await test.happen(test.incident('incident.cleared', `${hour}`));
      await test.time.pass(HOUR);
    }
    const [{ waiting, dead } = { waiting: 0, dead: 0 }] = await test.list();
    expect(waiting + dead).toBe(40);
    const oldest = (await test.store.list('deliveries', { where: { state: 'waiting' } }))[0]?.createdAt ?? 0;
    expect(test.time.now - oldest).toBeLessThanOrEqual(25 * HOUR + retryWait(11, 0.5));
    test.receiver.answer = () => 200;
    await test.time.pass(4 * HOUR);
    expect(await test.list()).toMatchObject([{ waiting: 0 }]);
    await test.stop();
  });

  it('waits between 80 and 120 % of the plan', () => {
    for (let attempt = 1; attempt < noticeLimits.tries; attempt++) {
      const plan = 5000 * 2.5 ** (attempt - 1);
      expect(retryWait(attempt, 0)).toBe(Math.round(plan * 0.8));
      expect(retryWait(attempt, 0.999999)).toBeLessThanOrEqual(Math.round(plan * 1.2));
    }
  });
});

describe('the outbox', () => {
  it('goes on after a restart, where it stood', async () => {
    const first = await openTestNotices();
    const { store, time, keyFile } = first;
    await first.add('https://a.example/');
    first.receiver.answer = () => 503;
    await first.happen(first.incident('incident.cleared', 'one'), first.incident('incident.reopened', 'two'));
    await first.stop();
    expect(time.next).toBeUndefined();
    // Happens while nobody looks.
    await store.commit({ journal: [first.incident('incident.cleared', 'three')] });

    const second = await openTestNotices({ store, time, keyFile });
    await rest();
    expect(second.received).toEqual([]);
    await time.pass(5000);
    expect(second.received.map(typeOf)).toEqual(['incident.cleared', 'incident.reopened', 'incident.cleared']);
    await second.stop();
  });

  it('says so when the sealing key is not the one that sealed the secret', async () => {
    const { store, time, stop, add, happen, incident } = await openTestNotices();
    await add('https://a.example/');
    await stop();
    const other = await openTestNotices({ store, time });
    await happen(incident('incident.cleared', 'x'));
    expect(other.received).toEqual([]);
    expect(await other.list()).toMatchObject([{ waiting: 1, lastError: expect.stringContaining('secret') }]);
    await other.stop();
  });

  it('ends a try that is under way when it stops, and does not count it', async () => {
    const test = await openTestNotices();
    await test.add('https://a.example/');
    test.receiver.answer = () => 'silence';
    await test.happen(test.incident('incident.cleared', 'x'));
    await test.stop();
    expect(await test.store.list('deliveries')).toMatchObject([{ attempts: 0, state: 'waiting' }]);
  });

  it('sends again what it could not record', async () => {
    const real = openMemoryStore();
    let failing = false;
    const store: Store = new Proxy(real, {
      get(target, name) {
        if (name === 'commit' && failing) return () => Promise.reject(new StoreError('full', 'no room'));
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const test = await openTestNotices({ store });
    await test.add('https://a.example/');
    test.receiver.answer = () => {
      failing = true;
      return 200;
    };
    await test.happen(test.incident('incident.cleared', 'x'));
    expect([test.received.length, await real.count('deliveries')]).toEqual([1, 1]);
    test.receiver.answer = () => {
      failing = false;
      return 200;
    };
    await test.time.pass(noticeLimits.pause);
    expect([test.received.length, await real.count('deliveries')]).toEqual([2, 0]);
    expect(idOf(test.received[0] ?? { body: '{}' })).toBe(idOf(test.received[1] ?? { body: '{}' }));
    await test.stop();
  });

  it('misses nothing that is queued while it finds that nothing waits', async () => {
    const real = openMemoryStore();
    let meanwhile: (() => Promise<void>) | undefined;
    const store: Store = new Proxy(real, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        if (name !== 'list') return value.bind(target);
        return async (...query: unknown[]) => {
          const rows: unknown[] = await value.apply(target, query);
          const happen = query[0] === 'deliveries' && rows.length === 0 ? meanwhile : undefined;
          if (!happen) return rows;
          meanwhile = undefined;
          await happen();
          return rows;
        };
      },
    });
    const test = await openTestNotices({ store });
    await test.add('https://a.example/');
    meanwhile = () => test.happen(test.incident('incident.reopened', 'y'));
    await test.happen(test.incident('incident.cleared', 'x'));
    await rest();
    expect(test.received.map(typeOf)).toEqual(['incident.cleared', 'incident.reopened']);
    await test.stop();
  });
});
