import { describe, expect, it } from 'vitest';
import { NOW, run } from '../testing.ts';

describe('what is on record of a device', () => {
  it('is told page by page', async () => {
    const actor = { kind: 'device', name: 'truck-1' };
    const items = [{ seq: 7, at: NOW - 60_000, actor, type: 'x', text: 'truck-1 registered.', payload: {} }];
    const { out, err, calls } = await run(['device', 'timeline', 'truck-1', '--after', '9', '--limit', '1'], {
      'devices.timeline': { items, next: '7' },
    });
    expect(calls[0]?.args).toEqual({ params: { device: 'truck-1' }, query: { limit: 1, before: 9 } });
    expect(out).toMatch(/7 +1 min ago +truck-1 +truck-1 registered\./);
    expect(err).toContain('--after 7');
  });

  it('lists the values of a resource, or says that there are none', async () => {
    const words = ['device', 'history', 'truck-1', '/3/0/9', '--from', '2026-01-01'];
    const history = { path: '/3/0/9', at: [NOW], receivedAt: [NOW], value: [80] };
    const resources = [{ resourceId: 9, name: 'Battery Level', type: 'integer', units: '/100' }];
    const shown = { objects: [{ objectId: 3, instances: [0], resources }] };
    const { out, calls } = await run(words, { 'devices.history': history, 'devices.show': shown });
    expect(calls[0]?.args).toMatchObject({ query: { path: '/3/0/9', from: Date.UTC(2026, 0, 1), limit: 1000 } });
    expect(out).toMatch(/2027-01-15T08:00:00\.000Z +80 %/);
    const none = await run(words, {
      'devices.history': { path: '/3/0/9', at: [], receivedAt: [], value: [] },
      'devices.show': { objects: [] },
    });
    expect([none.code, none.err]).toEqual([0, 'Nothing was reported of /3/0/9']);
  });

  it.each([
    ['lock', true],
    ['unlock', false],
  ])('has people %s it', async (verb, held) => {
    const lock = { state: 'locking', holders: held ? ['ana'] : [] };
    const { out, calls } = await run(['device', verb, 'truck-1'], { 'devices.lock': lock });
    expect(calls[0]?.args).toEqual({ params: { device: 'truck-1' }, body: { held } });
    expect(out).toBe(held ? 'locking, held by ana' : 'locking');
  });
});
