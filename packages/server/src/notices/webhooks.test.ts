import { describe, expect, it } from 'vitest';
import type { DeliveryId, Seq } from '../ids.ts';
import { noticeLimits } from './limits.ts';
import { deliveryIdOf } from './notice.ts';
import { openTestNotices, organisationId, rest } from './test-notices.ts';

const HOUR = 3_600_000;
const typeOf = ({ body }: { body: string }) => JSON.parse(body).type;

describe('a webhook', () => {
  it('is tested at once, also when its notices wait for another try', async () => {
    const test = await openTestNotices();
    const { webhook } = await test.add('https://a.example/');
    test.receiver.answer = () => 500;
    await test.happen(test.incident('incident.cleared', 'x'));
    test.receiver.answer = () => 200;
    await test.test(webhook.webhookId);
    await rest();
    expect(test.received.map(typeOf)).toEqual(['incident.cleared', 'incident.cleared', 'test']);
    expect(test.received[2]?.body).toContain('A test notice');
    await expect(test.test('hook-x')).rejects.toMatchObject({ code: 'no-such-thing' });
    await test.stop();
  });

  it('takes its notices with it when it is removed', async () => {
    const test = await openTestNotices();
    const { webhook } = await test.add('https://a.example/');
    test.receiver.answer = () => 500;
    await test.happen(test.incident('incident.cleared', 'x'), test.incident('incident.cleared', 'y'));
    await test.remove(webhook.webhookId);
    await rest();
    expect([await test.list(), await test.store.count('deliveries')]).toEqual([[], 0]);
    const sent = test.received.length;
    await test.time.pass(24 * HOUR);
    expect(test.received.length).toBe(sent);
    await expect(test.remove(webhook.webhookId)).rejects.toMatchObject({ code: 'no-such-thing' });
    await test.stop();
  });

  it('has a URL without a name and password', async () => {
    const test = await openTestNotices();
    for (const url of ['https://user:secret@a.example/', 'https://', 'http://[::1']) {
      await expect(test.add(url)).rejects.toMatchObject({ code: 'invalid-request', places: [{ at: 'body/url' }] });
    }
    await test.stop();
  });

  it('is one of fifty at most, and its secret is stored sealed', async () => {
    const test = await openTestNotices();
    const { secret } = await test.add('https://a.example/');
    const [row] = await test.store.list('webhooks');
    expect(Buffer.from(row?.sealedSecret ?? []).includes(secret.slice(0, 20))).toBe(false);
    for (let made = 1; made < noticeLimits.webhooks; made++) await test.add(`https://a.example/${made}`);
    await expect(test.add('https://a.example/x')).rejects.toMatchObject({ code: 'too-many' });
    await test.stop();
  });
});

describe('the notices of a webhook', () => {
  it('queues so many notices and no more: the next are dead at once', async () => {
    const test = await openTestNotices();
    const { webhook } = await test.add('https://a.example/');
    const { webhookId } = (await test.store.list('webhooks'))[0] ?? {};
    if (!webhookId) throw new Error('no webhook');
    const { time } = test;
    const changes = Array.from({ length: noticeLimits.waiting }, (_, index) => ({
      put: 'deliveries' as const,
      row: {
        organisationId,
        deliveryId: deliveryIdOf((1000 + index) as Seq, webhookId),
        webhookId,
        type: 'test',
        body: '{}',
        state: 'waiting' as const,
        attempts: 1,
        nextAt: time.now + HOUR,
        createdAt: time.now,
      },
    }));
    await test.store.commit({ changes });
    await expect(test.test(webhook.webhookId)).rejects.toMatchObject({ code: 'too-many' });
    await test.happen(test.incident('incident.cleared', 'x'));
    const waiting = noticeLimits.waiting;
    expect(await test.list()).toMatchObject([{ waiting, dead: 1 }]);
    expect(await test.dead()).toMatchObject([{ attempts: 0, lastError: '10000 notices wait already' }]);
    expect(await test.store.journal({ types: ['notice.dead'] })).toHaveLength(1);
    expect(test.received).toEqual([]);
    await test.stop();
  });

  it('keeps so many dead letters and no more', async () => {
    const test = await openTestNotices();
    const { webhook } = await test.add('https://a.example/');
    const { webhookId } = (await test.store.list('webhooks'))[0] ?? {};
    if (!webhookId) throw new Error('no webhook');
    const changes = Array.from({ length: noticeLimits.dead }, (_, index) => ({
      put: 'deliveries' as const,
      row: {
        organisationId,
        deliveryId: `dlv-000000000000-${String(index).padStart(4, '0')}` as DeliveryId,
        webhookId,
        type: 'test',
        body: '{}',
        state: 'dead' as const,
        attempts: 1,
        nextAt: 0,
        createdAt: 0,
      },
    }));
    await test.store.commit({ changes });
    test.receiver.answer = () => 500;
    await test.happen(test.incident('incident.cleared', 'x'));
    await test.time.pass(48 * HOUR);
    const dead = await test.dead();
    expect(dead.length).toBe(noticeLimits.dead);
    expect(dead[0]?.deliveryId).toBe('dlv-000000000000-0001');
    expect((await test.list())[0]).toMatchObject({ webhookId: webhook.webhookId, dead: noticeLimits.dead });
    await test.stop();
  });
});
