import { describe, expect, it } from 'vitest';
import type { StoredValue } from '../store/tables.ts';
import { call, deviceWith, openTestCore, rest, sessionOf, type TestCore } from '../test-core.ts';

const text = (value: string): StoredValue => ({ type: 'string', value });
const SOURCE = `apiVersion: reeve/v1
kind: Policy
id: battery
applies: {model: Truck}
rules:
  - {id: low, threshold: {path: /3/0/9, below: 20}, respond: [alarm]}
  - {id: temperature, threshold: {path: /3303/0/5700, above: 80}, respond: [alarm]}
`;

const apply = (core: TestCore, source = SOURCE) => core.handlers['policies.apply'](call({ body: { source } }));
const show = (core: TestCore, id = 'battery') => core.handlers['policies.show'](call({ params: { id } }));

describe('applying a policy', () => {
  it('says which devices it matches, and what they lack', async () => {
    const core = await openTestCore();
    await core.add('truck-1', { model: 'Truck' });
    await core.add('truck-2', { model: 'Truck' });
    await core.add('ship', { model: 'Ship' });
    await core.register(sessionOf('truck-1'));
    const applied = await apply(core);
    expect(applied.created).toBe(true);
    expect(applied.policy).toMatchObject({
      policyId: 'battery',
      version: 1,
      mode: 'monitor',
      source: SOURCE,
      appliedBy: { name: 'ana' },
      devices: { total: 2 },
    });
    const lacks = Object.fromEntries(applied.matches.map((match) => [match.endpoint, match.lacks]));
    expect(lacks['truck-1']).toEqual([expect.stringContaining('3303')]);
    expect(lacks['truck-2']).toEqual(['not registered yet']);
    expect((await core.journal('policy.applied')).map(({ payload }) => payload)).toEqual([
      { policyId: 'battery', version: 1, mode: 'monitor' },
    ]);
  });

  it('again makes its next version', async () => {
    const core = await openTestCore();
    await apply(core);
    const again = await apply(core, SOURCE.replace('kind: Policy', 'kind: Policy\nmode: enforce'));
    expect(again).toMatchObject({ created: false, policy: { version: 2, mode: 'enforce' } });
    expect((await core.handlers['policies.list'](call())).items).toHaveLength(1);
  });

  it('with errors says where, what was expected, and changes nothing', async () => {
    const core = await openTestCore();
    const error = await apply(core, SOURCE.replace('threshold', 'treshold')).catch((thrown) => thrown);
    expect(error).toMatchObject({
      code: 'invalid-policy',
      places: [{ at: expect.stringMatching(/^line 6, column \d+$/), message: expect.stringContaining('threshold') }],
    });
    expect((await core.handlers['policies.list'](call())).items).toEqual([]);
    expect(await core.journal()).toEqual([]);
  });

  it('reaches a device as soon as it says its model', async () => {
    const core = await openTestCore();
    await core.add('truck-1');
    await apply(core);
    core.script.behaviour = deviceWith({ '/3/0/1': text('Truck'), '/3/0/9': { type: 'integer', value: 10 } });
    await core.register(sessionOf('truck-1'));
    expect((await show(core)).devices.total).toBe(0);
    await core.handlers['devices.observe'](call({ params: { device: 'truck-1' }, body: { path: '/3/0/1' } }));
    await rest();
    expect(core.performed('observe')).toEqual(['/3/0/1', '/3/0/9', '/3303/0/5700']);
    expect((await show(core)).devices).toEqual({ total: 1, ok: 0, breached: 1, cannotEvaluate: 1, waiting: 0 });
  });

  it('says the longest time of its lock', async () => {
    const core = await openTestCore();
    for (const [maxFor, text] of [
      ['24h', '24 h'],
      ['90m', '1 h 30 min'],
      ['40s', '40 s'],
    ]) {
      const { policy } = await apply(core, SOURCE.replace('[alarm]', `[{lock: {maxFor: ${maxFor}}}]`));
      expect(policy.rules[0]?.respond).toEqual([`lock for at most ${text}`]);
    }
  });

  it('is bounded in number', async () => {
    const core = await openTestCore();
    for (let n = 0; n < 200; n++) await apply(core, SOURCE.replace('id: battery', `id: policy-${n}`));
    await expect(apply(core)).rejects.toMatchObject({ code: 'too-many' });
    await apply(core, SOURCE.replace('id: battery', 'id: policy-7'));
  });
});

describe('a policy', () => {
  it('shows its rules in words, and its devices in pages', async () => {
    const core = await openTestCore();
    for (const endpoint of ['c', 'a', 'b']) await core.add(endpoint, { model: 'Truck' });
    await apply(core);
    const { rules } = await show(core);
    expect(rules.map(({ ruleId, respond }) => [ruleId, respond])).toEqual([
      ['low', ['alarm']],
      ['temperature', ['alarm']],
    ]);
    expect(rules[0]?.text).toContain('20');
    const devices = (query: { limit?: number; after?: string }) =>
      core.handlers['policies.devices'](call({ params: { id: 'battery' }, query }));
    const first = await devices({ limit: 2 });
    expect(first.items.map(({ endpoint }) => endpoint)).toEqual(['a', 'b']);
    expect(first.items[0]?.rules).toMatchObject([{ ruleId: 'low', state: 'waiting' }, { ruleId: 'temperature' }]);
    expect(await devices({ after: first.next ?? '' })).toMatchObject({ items: [{ endpoint: 'c' }] });
  });

  it('that is removed leaves no rule, state or observation', async () => {
    const core = await openTestCore();
    const device = await core.add('truck-1', { model: 'Truck' });
    core.script.behaviour = deviceWith({ '/3/0/9': { type: 'integer', value: 10 } });
    await core.register(sessionOf('truck-1'));
    await apply(core);
    await rest();
    await core.handlers['policies.remove'](call({ params: { id: 'battery' } }));
    await rest();
    expect(core.engine.of(device.row.deviceId)).toEqual([]);
    expect(await core.store.list('ruleStates')).toEqual([]);
    expect(await core.store.list('policies')).toEqual([]);
    expect(core.performed('cancel-observe')).toEqual(['/3/0/9']);
    expect(await core.journal('policy.removed')).toHaveLength(1);
    await expect(show(core)).rejects.toMatchObject({ code: 'no-such-thing' });
  });

  it('that nobody has is not found', async () => {
    const core = await openTestCore();
    await expect(show(core, 'nothing')).rejects.toMatchObject({ code: 'no-such-thing' });
    await expect(core.handlers['policies.remove'](call({ params: { id: 'nothing' } }))).rejects.toMatchObject({
      code: 'no-such-thing',
    });
  });
});
