import type { FailedHandshake } from '@reeve/contract';
import { describe, expect, it } from 'vitest';
import { strangerOf } from './stranger.ts';

const failed: FailedHandshake = {
  handshakeId: 'h',
  firstAt: 0,
  lastAt: 0,
  count: 1,
  address: '192.0.2.1',
  stage: 'dtls',
  check: 'unknown-identity',
  title: 'Unknown identity',
  detail: '',
  meaning: '',
  steps: [],
};

describe('the device that a stranger would be', () => {
  it('is called by its identity, unless that is no text or it said another name', () => {
    const psk = (identity: string, endpoint?: string) =>
      strangerOf({ ...failed, presented: { kind: 'psk', identity }, ...(endpoint === undefined ? {} : { endpoint }) });
    expect(psk('truck-9')).toMatchObject({ endpoint: 'truck-9', credential: { way: 'psk', texts: {} } });
    expect(psk('hex:00ff')).toMatchObject({ endpoint: '', credential: { texts: { identity: 'hex:00ff' } } });
    expect(psk('id', 'truck-9')).toMatchObject({ endpoint: 'truck-9', credential: { texts: { identity: 'id' } } });
  });

  it('has the name of its certificate', () => {
    const presented: FailedHandshake['presented'] = { kind: 'certificate', fingerprint: '00', names: ['pump-1'] };
    expect(strangerOf({ ...failed, presented })).toMatchObject({
      endpoint: 'pump-1',
      credential: { way: 'authority', texts: { name: 'pump-1' } },
    });
  });

  it('comes without security if it came so', () => {
    const plain = { ...failed, check: 'unknown-endpoint', endpoint: 'plain-1' };
    expect(strangerOf(plain)).toMatchObject({ endpoint: 'plain-1', reach: 'nosec' });
  });

  it('is nobody who is known, failed otherwise, or told nothing', () => {
    const presented = { kind: 'psk', identity: 'truck-9' } as const;
    expect(strangerOf({ ...failed, presented, device: { deviceId: 'd', endpoint: 'truck-9' } })).toBeUndefined();
    expect(strangerOf({ ...failed, presented, check: 'wrong-key' })).toBeUndefined();
    expect(strangerOf(failed)).toBeUndefined();
  });
});
