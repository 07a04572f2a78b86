import { describe, expect, it } from 'vitest';
import { commitAll } from '../decision.ts';
import type { LinkRecord } from '../link/port.ts';
import { StoreError } from '../store/port.ts';
import { watchedStore } from '../store/test-watched.ts';
import { call, openTestCore, rest, START, sessionOf } from '../test-core.ts';
import { tickDevices } from './tick.ts';

const MINUTE = 60_000;
const low = '{id: low, threshold: {path: /3/0/9, below: 20, clearAbove: 25, for: 5m, samples: 2}, respond: [alarm]}';
const quiet = '{id: quiet, silence: {after: 15m}, respond: [alarm]}';
const policy = (...rules: string[]) => `apiVersion: reeve/v1
kind: Policy
id: rules
applies: {labels: {fleet: trucks}}
rules:
${rules.map((rule) => `  - ${rule}`).join('\n')}
`;
const battery = (value: number): LinkRecord[] => [{ path: '/3/0/9', stored: { type: 'integer', value } }];

async function underPolicy(...rules: string[]) {
  const { store, control } = watchedStore();
  const core = await openTestCore({ store });
  const device = await core.add('truck-1', { labels: { fleet: 'trucks' } });
  const { deviceId } = device.row;
  const apply = (...of: string[]) => core.handlers['policies.apply'](call({ body: { source: policy(...of) } }));
  await apply(...rules);
  const passTo = async (at: number) => {
    core.time.now = at;
    await tickDevices(core.engine.due(at), core, at);
  };
  const report = async (value: number) => {
    const body = { kind: 'records', records: battery(value), truncated: false } as const;
    await core.dispatcher.take(device, { path: '/3/0/9', body, fresh: true, receivedAt: core.time.now });
  };
  return {
    core,
    control,
    device,
    deviceId,
    apply,
    report,
    passTo,
    state: (id: string) => core.engine.of(deviceId).find(({ rule }) => rule.id === id)?.state,
    transitions: async () =>
      (await core.journal('rule.transition')).map(({ payload }) =>
        'to' in payload ? `${payload.from} → ${payload.to}` : '',
      ),
  };
}

describe('rules of a device', () => {
  it('need their paths observed, each once, with the smallest age', async () => {
    const { core, deviceId, apply } = await underPolicy(low, quiet);
    await core.handlers['policies.apply'](
      call({
        body: {
          source: policy('{id: other, threshold: {path: /3/0/9, above: 90, maxAge: 10m}, respond: [alarm]}').replace(
            'id: rules',
            'id: more',
          ),
        },
      }),
    );
    expect(core.engine.needs(deviceId)).toEqual([{ path: '/3/0/9', policies: ['rules', 'more'], maxAge: 10 * MINUTE }]);
    await apply(quiet);
    expect(core.engine.needs(deviceId)).toMatchObject([{ policies: ['more'] }]);
  });

  it('hold on the devices that a policy applies to, which change with device and policy', async () => {
    const { core, device, deviceId, apply } = await underPolicy(quiet);
    const policyId = core.engine.of(deviceId)[0]?.program.row.policyId;
    if (!policyId) throw new Error('no policy');
    const other = await core.add('truck-2', { labels: { fleet: 'trucks' } });
    await core.add('ship-1', { labels: { fleet: 'ships' } });
    const devices = () => [...core.engine.devicesOf(policyId)];
    expect(devices()).toEqual([deviceId, other.row.deviceId]);
    await apply(quiet, low);
    expect(devices()).toEqual([deviceId, other.row.deviceId]);
    core.engine.forget(other.row.deviceId);
    expect(devices()).toEqual([deviceId]);
    Object.assign(device.row.labels, { fleet: 'ships' });
    expect(core.engine.assign(device)).toBe(true);
    expect(core.engine.assign(device)).toBe(false);
    expect(devices()).toEqual([]);
    Object.assign(device.row.labels, { fleet: 'trucks' });
    expect(core.engine.assign(device)).toBe(true);
    core.engine.setProgram(policyId, undefined);
    expect(devices()).toEqual([]);
  });

  it('are evaluated by values and by time, and each change is journalled with its evidence', async () => {
    const { core, report, passTo, state, transitions } = await underPolicy(low);
    await report(80);
    expect(state('low')?.verdict.kind).toBe('ok');
    await passTo(START + 1 * MINUTE);
    await report(19);
    await passTo(START + 2 * MINUTE);
    await report(18);
    expect(state('low')?.verdict.kind).toBe('pending');
    await passTo(START + 6 * MINUTE - 1);
    expect(state('low')?.verdict.kind).toBe('pending');
    await passTo(START + 6 * MINUTE);
    expect(state('low')?.verdict.kind).toBe('breached');
    await report(26);
    expect(state('low')?.verdict.kind).toBe('ok');
    expect(await transitions()).toEqual(['pending → breached', 'breached → cleared']);
    const [broken] = await core.journal('rule.transition');
    expect(broken).toMatchObject({
      at: START + 6 * MINUTE,
      actor: { kind: 'policy', name: 'rules' },
      payload: {
        policyId: 'rules',
        policyVersion: 1,
        evidence: { values: expect.arrayContaining([{ label: 'value', value: 18, receivedAt: START + 2 * MINUTE }]) },
      },
    });
  });

  it('of which nothing is known are due at once, and then when they say', async () => {
    const { core, device, apply, passTo } = await underPolicy(quiet);
    await apply(low, quiet);
    expect(core.engine.due(START)).toEqual([]);
    expect(core.engine.due(START + 15 * MINUTE)).toEqual([device]);
    await passTo(START + 15 * MINUTE);
    expect(core.engine.due(START + 15 * MINUTE)).toEqual([]);
  });

  it('say each finding with the state that came before it', async () => {
    const { core, device, transitions } = await underPolicy(
      '{id: hot, threshold: {path: /3/0/9, below: 20}, respond: [alarm]}',
    );
    const sample = (value: number, at: number) => ({
      kind: 'sample' as const,
      path: '/3/0/9',
      values: { '/3/0/9': value },
      receivedAt: at,
    });
    await commitAll(core.store, [
      core.engine.feed(device, [sample(80, START), sample(10, START + 1), sample(80, START + 2)], START + 2),
    ]);
    expect(await transitions()).toEqual(['ok → breached', 'breached → cleared']);
  });
});

describe('silence', () => {
  it('is broken by time alone, and whole again with the next contact', async () => {
    const { core, device, passTo, state, transitions } = await underPolicy(quiet);
    const session = sessionOf('truck-1');
    await core.register(session);
    const registrationId = device.registration?.registrationId ?? expect.fail();
    expect(state('quiet')?.verdict.kind).toBe('ok');
    await passTo(START + 15 * MINUTE);
    expect(state('quiet')?.verdict.kind).toBe('breached');
    await core.update(session, registrationId);
    expect(state('quiet')?.verdict.kind).toBe('ok');
    expect(await transitions()).toEqual(['ok → breached', 'breached → cleared']);
  });

  it('that is content learns of contacts only before its tick: a plain Update writes no rule', async () => {
    const { core, control, device, passTo, state } = await underPolicy(quiet);
    const session = sessionOf('truck-1');
    await core.register(session);
    const registrationId = device.registration?.registrationId ?? expect.fail();
    await rest();
    control.batches.length = 0;
    core.time.now = START + 14 * MINUTE;
    await core.update(session, registrationId);
    expect(control.batches.map(({ changes }) => changes?.length)).toEqual([1]);
    await passTo(START + 15 * MINUTE);
    expect(state('quiet')?.verdict.kind).toBe('ok');
    await passTo(START + 29 * MINUTE);
    expect(state('quiet')?.verdict.kind).toBe('breached');
  });
});

describe('a new version of the policy', () => {
  it('keeps the state of a rule that it did not change, and only of that', async () => {
    const { core, apply, report, state, deviceId } = await underPolicy(low, quiet);
    await report(80);
    const before = state('low');
    await apply(low, '{id: quiet, silence: {after: 16m}, respond: [alarm]}');
    expect(state('low')).toMatchObject({ verdict: before?.verdict, last: before?.last });
    expect(state('quiet')?.key).not.toBe(before?.key);
    const rows = await core.store.list('ruleStates', { where: { deviceId } });
    expect(rows.map(({ ruleKey }) => ruleKey).sort()).toEqual([state('low')?.key, state('quiet')?.key].sort());
  });

  it('applied while a value is on its way to the disk loses nothing of it', async () => {
    const { control, apply, report, state, core } = await underPolicy(low);
    control.hold();
    const reported = report(80);
    const applied = apply(low, quiet);
    await rest();
    control.release();
    await Promise.all([reported, applied]);
    expect(state('low')?.verdict.kind).toBe('ok');
    const again = await openTestCore({ store: core.store, time: core.time });
    const [device] = again.fleet.all();
    expect(again.engine.of(device?.row.deviceId ?? expect.fail()).find(({ rule }) => rule.id === 'low')?.state).toEqual(
      state('low'),
    );
  });
});

describe('after a restart', () => {
  it('states and times are those of before', async () => {
    const { core, deviceId, report, passTo } = await underPolicy(low, quiet);
    await report(80);
    await passTo(START + MINUTE);
    await report(19);
    await report(18);
    const again = await openTestCore({ store: core.store, time: core.time });
    const facts = (of: typeof core) =>
      of.engine.of(deviceId).map(({ rule, state, wakeAt }) => ({ key: rule.key, state, wakeAt }));
    expect(facts(again)).toEqual(facts(core));
    expect(again.engine.program('rules')?.row.version).toBe(1);
  });
});

describe('ticking', () => {
  it('goes on with other devices when one cannot be saved, which is due again', async () => {
    const { core, control, device } = await underPolicy(quiet);
    const at = START + 15 * MINUTE;
    control.failure = new StoreError('busy', 'too much waits');
    await tickDevices([device], core, at);
    expect(core.engine.due(at)).toEqual([device]);
    control.failure = undefined;
    await tickDevices([device], core, at);
    expect(core.engine.due(at)).toEqual([]);
  });
});
