import { describe, expect, it } from 'vitest';
import { deviceOf, emptyDevice } from './deviceForm.ts';

describe('the fields of a new device', () => {
  it('say no more than a person filled in', () => {
    expect(deviceOf({ ...emptyDevice, endpoint: ' truck-1 ' }, {})).toEqual({
      endpoint: 'truck-1',
      credential: { kind: 'psk' },
    });
  });

  it('make a label of the group', () => {
    const draft = { ...emptyDevice, endpoint: 'p', group: 'pumps', site: 'Reno' };
    expect(deviceOf(draft, { zone: 'west' })).toMatchObject({ labels: { zone: 'west', group: 'pumps' }, site: 'Reno' });
  });

  it('give no credential to what comes through a gateway, as frames, or without security', () => {
    expect(deviceOf({ ...emptyDevice, endpoint: 'c', reach: 'frames' }, {})).toEqual({
      endpoint: 'c',
      framesOnly: true,
    });
    const gateway = deviceOf({ ...emptyDevice, endpoint: 'c', reach: 'gateway', gateway: 'hub' }, {});
    expect(gateway).toEqual({ endpoint: 'c', gateway: 'hub' });
    expect(deviceOf({ ...emptyDevice, endpoint: 'c', reach: 'nosec', gateway: 'hub' }, {})).toEqual({
      endpoint: 'c',
      noSec: true,
    });
  });
});
