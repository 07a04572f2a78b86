import { expect, it } from 'vitest';
import { commitAll } from '../decision.ts';
import { openTestCore, START } from '../test-core.ts';

it.each([1e303, -1e303, Number.MAX_SAFE_INTEGER * 1000])(
  'a time of %d ms is doubted, and its value kept',
  async (time) => {
    const core = await openTestCore();
    const device = await core.add('truck-1');
    const take = async (path: string, records: { path: string; value: number; time?: number }[]) => {
      const body = {
        kind: 'records' as const,
        records: records.map(({ value, ...record }) => ({ ...record, stored: { type: 'float', value } })),
        truncated: false,
      };
      await commitAll(core.store, [core.ingest.take(device, { path, body, fresh: true, receivedAt: START })]);
    };
    await take('/3/0/9', [{ path: '/3/0/9', value: 80, time }]);
    await take('/6/0', [
      { path: '/6/0/0', value: 39 },
      { path: '/6/0/5', value: time / 1000 },
    ]);
    for (const path of ['/3/0/9', '/6/0/0']) {
      expect(core.values.get(device.row.deviceId, path)).toMatchObject({ receivedAt: START, clock: 'doubtful' });
    }
  },
);
