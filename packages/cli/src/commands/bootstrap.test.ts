import type { BootstrapSession } from '@reeve/contract';
import { describe, expect, it } from 'vitest';
import { NOW, run } from '../testing.ts';

const session: BootstrapSession = {
  bootstrapId: 'boot-1',
  deviceId: 'dev-1',
  endpoint: 'truck-1',
  group: 'trucks',
  state: 'failed',
  reason: 'wrote /0/1: 4.00',
  pack: false,
  address: '192.0.2.1:40000',
  identity: 'truck-1',
  version: '1.1',
  startedAt: NOW - 60_000,
  endedAt: NOW - 59_000,
  steps: [
    { at: NOW - 60_000, operation: 'request', result: 'done', text: 'truck-1 asked to be bootstrapped' },
    {
      at: NOW - 59_000,
      operation: 'write',
      path: '/0/1',
      code: '4.00',
      result: 'failed',
      text: 'wrote /0/1 in TLV: 4.00',
    },
  ],
};

describe('reeve bootstrap', () => {
  it('lists sessions with why they failed', async () => {
    const { out, calls } = await run(['bootstrap', 'ls', '--device', 'truck-1', '--state', 'failed'], {
      'bootstrap.list': { items: [session] },
    });
    expect(calls[0]?.args).toEqual({ query: { limit: 100, device: 'truck-1', state: 'failed' } });
    expect(out).toMatch(/boot-1 +truck-1 +trucks +failed +1 min ago +1 s +192\.0\.2\.1:40000 +wrote \/0\/1: 4\.00/);
  });

  it('shows one step by step', async () => {
    const { out } = await run(['bootstrap', 'show', 'boot-1'], { 'bootstrap.show': session });
    expect(out).toContain('truck-1  failed: wrote /0/1: 4.00');
    expect(out).toMatch(/wrote \/0\/1 in TLV: 4\.00 +failed/);
  });

  it('lists whose keys a device is given for servers elsewhere, sets and removes its own', async () => {
    const params = { device: 'truck-1', server: '9' };
    const status = { shortServerId: 9, uri: 'coaps://a', own: true, changedAt: NOW - 60_000, changedBy: 'ada' };
    const items = [status, { shortServerId: 10, uri: 'coaps://b', own: false }];
    const faulty = { shortServerId: 11, own: false, fault: 'neither has keys' };
    const listed = await run(['bootstrap', 'key', 'ls', 'truck-1'], {
      'bootstrap.account-keys': { items: [...items, faulty] },
    });
    expect(listed.out).toMatch(/9 +coaps:\/\/a +its own +1 min ago +ada/);
    expect(listed.out).toMatch(/10 +coaps:\/\/b +of its template/);
    expect(listed.out).toMatch(/11 +none +neither has keys/);
    const keys = { identity: 'a', key: '00' };
    const words = ['bootstrap', 'key', 'set', 'truck-1', '9', '-'];
    const set = await run(words, { 'bootstrap.set-account-keys': status }, { input: JSON.stringify(keys) });
    expect(set.calls[0]?.args).toEqual({ params, body: keys });
    const removed = await run(['bootstrap', 'key', 'rm', 'truck-1', '9'], {
      'bootstrap.remove-account-keys': undefined,
    });
    expect(removed.calls[0]?.args).toEqual({ params });
  });

  it('takes a template from stdin, and shows it as it takes it', async () => {
    const template = { accounts: [{ shortServerId: 7 }] };
    const group = { name: 'pumps', template, builtIn: false };
    const set = await run(
      ['bootstrap', 'template', 'set', 'pumps', '-'],
      { 'bootstrap.set-template': group },
      { input: JSON.stringify(template) },
    );
    expect(set.calls[0]?.args).toEqual({ params: { name: 'pumps' }, body: template });
    const shown = await run(['bootstrap', 'template', 'show', 'pumps'], { 'bootstrap.template': group });
    expect(JSON.parse(shown.out)).toEqual(template);
    const broken = await run(['bootstrap', 'template', 'set', 'pumps', '-'], {}, { input: '{' });
    expect([broken.code, broken.calls]).toEqual([2, []]);
  });

  it('asks a registered device to come again through the account that it has', async () => {
    const objects = [{ objectId: 1, instances: [3] }];
    const { calls } = await run(['device', 'bootstrap', 'truck-1', '--wait', '0'], {
      'devices.show': { objects },
      'commands.create': Object.assign(new Error('enough')),
    });
    expect(calls.at(-1)).toMatchObject({ args: { body: { operation: { kind: 'execute', path: '/1/3/9' } } } });
    const none = await run(['device', 'bootstrap', 'truck-1'], { 'devices.show': { objects: [] } });
    expect(none.err).toContain('has not said that it has an account');
  });

  it('gives a new device a key for the bootstrap server alone', async () => {
    const { calls } = await run(['device', 'add', 'truck-1', '--bootstrap', '--group', 'trucks'], {
      'devices.add': { device: { endpoint: 'truck-1' }, setup: [], key: '00' },
    });
    expect(calls[0]?.args).toEqual({
      body: { endpoint: 'truck-1', credential: { kind: 'psk', purpose: 'bootstrap' }, labels: { group: 'trucks' } },
    });
  });
});
