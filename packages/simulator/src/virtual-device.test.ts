import { path } from '@reeve/lwm2m';
import { describe, expect, it } from 'vitest';
import { pooledRandom } from './random.ts';
import type { Scenario } from './scenario.ts';
import { VirtualDevice } from './virtual-device.ts';

function device(scenario: Scenario): VirtualDevice {
  return new VirtualDevice({
    endpoint: 'truck-1',
    serverUri: 'coap://127.0.0.1',
    random: pooledRandom(),
    clock: () => 1_790_000_000,
    position: { latitude: 39.328, longitude: -120.183 },
    scenario,
  });
}

/** Runs a device alone until a time; the kinds of its effects with their seconds. */
function run(virtual: VirtualDevice, seconds: number) {
  const seen: [number, string][] = [];
  const take = (now: number) => {
    for (const { kind } of virtual.drain()) seen.push([Math.floor(now / 1000), kind]);
  };
  virtual.start(0);
  take(0);
  for (let wake = virtual.nextWakeAt(); wake !== undefined && wake <= seconds * 1000; wake = virtual.nextWakeAt()) {
    virtual.tick(wake);
    take(wake);
  }
  return seen;
}

describe('a virtual device', () => {
  it('says and hears nothing while it is silent, and goes on afterwards', () => {
    const virtual = device([
      { at: 1, step: { kind: 'silence' } },
      { at: 100, step: { kind: 'resume' } },
    ]);
    const seen = run(virtual, 200);
    const sent = seen.filter(([, kind]) => kind === 'send').map(([at]) => at);
    expect(sent[0]).toBe(0);
    expect(sent.filter((at) => at > 0 && at < 100)).toEqual([]);
    expect(sent.some((at) => at >= 100)).toBe(true);
  });

  it('has what its scenario gives it', () => {
    const virtual = device([
      { at: 1, step: { kind: 'battery', to: 10, within: 0 } },
      { at: 1, step: { kind: 'firmware', version: '6.6.6' } },
      { at: 1, step: { kind: 'route', points: [{ latitude: 39.5, longitude: -119.8 }], speedKmh: 90, every: 2 } },
    ]);
    expect(virtual.client.get(path(3, 0, 9)).value).toBe(80);
    run(virtual, 3);
    expect(virtual.client.get(path(3, 0, 9)).value).toBe(10);
    expect(virtual.client.get(path(3, 0, 3)).value).toBe('6.6.6');
    expect([0, 1, 3, 5, 6].map((id) => virtual.client.get(path(6, 0, id)).value)).toEqual([
      39.5, -119.8, 5, 1_790_000_000, 0,
    ]);
  });
});
