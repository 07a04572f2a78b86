import { addressKey, type Refusal } from '@reeve/dtls';
import { describe, expect, it } from 'vitest';
import { issue } from '../../../dtls/src/x509/testing.ts';
import { refusalOfDtls } from './refusals.ts';

const refusal = (more: Partial<Refusal> = {}): Refusal => ({
  kind: 'refused',
  address: addressKey('1|40000|2001:db8::1'),
  check: 'no-common-suite',
  detail: 'nothing fits',
  ...more,
});

describe('a refused handshake', () => {
  it('says where it came from, and everything that the handshake told', () => {
    const facts = {
      offered: ['TLS_A'],
      wanted: ['TLS_B'],
      serverName: 'lwm2m.example',
      suite: 'TLS_C',
      alert: 'handshake_failure',
    };
    const identity = { kind: 'psk', identity: Buffer.from('x') } as const;
    expect(refusalOfDtls(refusal({ ...facts, identity }), 5)).toEqual({
      kind: 'refused',
      at: 5,
      address: '[2001:db8::1]:40000',
      ingress: 1,
      check: 'no-common-suite',
      detail: 'nothing fits',
      identity: 'psk:78',
      handshake: facts,
    });
  });

  it('says what the certificate says, trusted or not', () => {
    const notBefore = Date.UTC(2020, 0, 1);
    const notAfter = Date.UTC(2021, 0, 1);
    const { certificate } = issue({
      subject: 'truck-1',
      serial: 0x0bad,
      notBefore,
      notAfter,
      dns: ['truck-1.example'],
      uris: ['urn:truck-1'],
    });
    const identity = { kind: 'certificate', chain: [certificate] } as const;
    const { handshake } = refusalOfDtls(refusal({ check: 'expired-certificate', identity }), 5);
    expect(handshake).toEqual({
      certificate: {
        subject: 'CN=truck-1',
        issuer: 'CN=truck-1',
        serial: '0bad',
        notBefore,
        notAfter,
        names: ['truck-1', 'truck-1.example', 'urn:truck-1'],
      },
    });
  });

  it.each([[[]], [[Buffer.from('no certificate')]]])('has no facts of a certificate that can not be read', (chain) => {
    const { identity, handshake } = refusalOfDtls(refusal({ identity: { kind: 'certificate', chain } }), 5);
    expect(identity).toMatch(/^x509:[0-9a-f]{64}$/);
    expect(handshake).toEqual({});
  });

  it('keeps no more of what strangers say than a record may hold', () => {
    const long = 'x'.repeat(100_000);
    const { certificate } = issue({
      subject: 'y'.repeat(2_000),
      dns: Array.from({ length: 60 }, (_, n) => `n${n}.example`),
    });
    const told = refusalOfDtls(
      refusal({
        detail: long,
        serverName: long,
        offered: Array.from({ length: 30_000 }, () => long),
        identity: { kind: 'certificate', chain: [certificate] },
      }),
      5,
    );
    expect(told.handshake?.offered).toHaveLength(33);
    expect(told.handshake?.offered?.at(-1)).toBe('and 29968 more');
    expect(JSON.stringify(told).length).toBeLessThan(20_000);
  });
});
