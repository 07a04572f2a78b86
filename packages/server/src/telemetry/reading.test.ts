import { type LwM2mPath, parsePath, type ResourceType, ROOT_PATH } from '@reeve/lwm2m';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asRecords, type LinkColumns } from '../link/columns.ts';
import { START } from '../test-core.ts';
import type { Report } from './ingest.ts';
import { reporting } from './test-reporting.ts';
import { MAX_TEXT_PER_DEVICE, MAX_VALUES_PER_DEVICE } from './values.ts';

type Told = readonly [path: string, value: string | number | boolean, type?: ResourceType];

function columns(told: readonly Told[]): LinkColumns {
  const paths = told.map(([path]): LwM2mPath => parsePath(path) ?? ROOT_PATH);
  return {
    kind: 'columns',
    form: {
      paths,
      types: told.map(([, value, type]) => type ?? (typeof value === 'string' ? 'string' : 'integer')),
      within: ROOT_PATH,
      objectIds: [...new Set(paths.map((path) => Number(path.split('/')[1])))],
    },
    values: told.map(([, value]) => value),
  };
}

async function telling() {
  const device = await reporting();
  const report = (body: Report['body'], at: number, fresh = true) =>
    device.take({ path: '/', body, fresh, receivedAt: START + at });
  return { ...device, report };
}

describe('values that are told as columns', () => {
  it('are one reading: values, history and evaluated rule in one commit', async () => {
    const { core, control, deviceId, report, history, rule } = await telling();
    const { readings, samples } = await report(
      columns([
        ['/3/0/9', 10],
        ['/3/0/0', 'ACME'],
      ]),
      0,
    );
    expect([readings?.length, samples]).toEqual([1, undefined]);
    expect(control.batches).toHaveLength(1);
    expect(core.values.of(deviceId)).toMatchObject([
      { path: '/3/0/9', stored: { type: 'integer', value: 10 }, receivedAt: START, clock: 'none', truncated: 0 },
      { path: '/3/0/0', stored: { type: 'string', value: 'ACME' }, receivedAt: START, clock: 'none', truncated: 0 },
    ]);
    const stored = await core.store.list('values', { where: { deviceId } });
    expect(stored).toEqual(expect.arrayContaining(core.values.of(deviceId)));
    expect(await history('/3/0/0')).toEqual({ at: [START], receivedAt: [START], value: ['ACME'] });
    expect(rule()?.verdict.kind).toBe('breached');
  });

  it('come to the same as records of them', async () => {
    const path = fc.constantFrom('/3/0/9', '/3/0/0', '/3/0/7/0', '/6/0/0', '/6/0/5', '/9999/0/1');
    const value = fc.oneof(fc.integer({ min: -5, max: 40 }), fc.constantFrom('a text', '', true));
    const told = fc.uniqueArray(fc.tuple(path, value), { selector: ([of]) => of, maxLength: 6 });
    const reports = fc.array(fc.record({ told, fresh: fc.boolean(), at: fc.integer({ min: -9, max: 9 }) }));
    await fc.assert(
      fc.asyncProperty(reports, async (reports) => {
        const one = await telling();
        const other = await telling();
        for (const { told, fresh, at } of reports) {
          const body = columns(told);
          await one.report(body, at, fresh);
          await other.report(asRecords(body), at, fresh);
        }
        const valuesOf = ({ core, deviceId }: typeof one) =>
          core.values.of(deviceId).map(({ organisationId: _, deviceId: __, ...value }) => value);
        expect(valuesOf(one)).toEqual(valuesOf(other));
        for (const { path } of valuesOf(one)) expect(await one.history(path)).toEqual(await other.history(path));
        for (const id of ['low', 'state']) expect(one.rule(id)?.verdict.kind).toBe(other.rule(id)?.verdict.kind);
      }),
      { numRuns: 30 },
    );
  });

  it('are bounded as records are: those that fit are kept', async () => {
    const { core, deviceId, report } = await telling();
    const many = Array.from({ length: MAX_VALUES_PER_DEVICE - 1 }, (_, n): Told => [`/9999/${n}/1`, n]);
    await report(columns(many), 0);
    await report(
      columns([
        ['/3/0/9', 80],
        ['/3/0/10', 1],
      ]),
      1,
    );
    expect(core.values.of(deviceId)).toHaveLength(MAX_VALUES_PER_DEVICE);
    expect(core.values.get(deviceId, '/3/0/10')).toBeUndefined();
    await report(
      columns([
        ['/3/0/9', 'x'.repeat(MAX_TEXT_PER_DEVICE + 1)],
        ['/9999/0/1', 7],
      ]),
      2,
    );
    expect(core.values.get(deviceId, '/3/0/9')?.stored.value).toBe(80);
    expect(core.values.get(deviceId, '/9999/0/1')?.stored.value).toBe(7);
    expect(core.failedHandshakes.list()).toMatchObject([
      { check: 'limit', count: 2, detail: expect.stringContaining('1 values') },
    ]);
  });
});
