import { DEFAULT_LIMITS, DtlsServer } from '@reeve/dtls';
import { describe, expect, it } from 'vitest';
import { seededBytes } from '../../../../tooling/testing/fuzz.ts';
import { HandshakeCensus } from './census.ts';
import { IDENTITY, TestOwner } from './test-owner.ts';

const psk = `psk:${IDENTITY.toString('hex')}`;

describe('the census of handshakes', () => {
  it('counts by kind of credential, suite and form', () => {
    const census = new HandshakeCensus();
    const suite = 'TLS_PSK_WITH_AES_128_CCM_8';
    census.count({ identity: psk, suite, resumed: false });
    census.count({ identity: psk, suite, resumed: true });
    census.count({ identity: psk, suite, resumed: true });
    census.count({ identity: 'rpk:00', suite: 'TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8', resumed: false });
    census.count({ identity: 'x509:00', suite: 'TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8', resumed: false });
    expect(census.view([]).established.map(({ kind, resumed, count }) => [kind, resumed, count])).toEqual([
      ['psk', false, 1],
      ['psk', true, 2],
      ['raw-key', false, 1],
      ['certificate', false, 1],
    ]);
  });

  it('adds up what all servers dropped and hold', () => {
    const server = (drops: object, sizes: object) => {
      const real = new DtlsServer({ random: seededBytes(1) });
      return { dropped: () => ({ ...real.dropped(), ...drops }), sizes: () => ({ ...real.sizes(), ...sizes }) };
    };
    const { dropped, sessions } = new HandshakeCensus().view([
      server({ replayed: 2, rateLimited: 1 }, { sessions: 10, activeSessions: 4, halfOpen: 1 }),
      server({ replayed: 3 }, { sessions: 5, activeSessions: 5, halfOpen: 2 }),
    ]);
    expect(dropped).toMatchObject({ replayed: 5, rateLimited: 1, malformed: 0 });
    expect(sessions).toEqual({ live: 9, asleep: 6, underWay: 3 });
  });

  it('is what the link answers when it is asked: sessions that fall asleep are told apart', () => {
    const test = new TestOwner();
    test.connect();
    test.post({ kind: 'census' });
    expect(test.last('census')).toMatchObject({
      established: [{ kind: 'psk', resumed: false, count: 1 }],
      sessions: { live: 1, asleep: 0, underWay: 0 },
    });
    test.pass(2 * DEFAULT_LIMITS.hibernateMs + DEFAULT_LIMITS.lastFlightMs);
    test.post({ kind: 'census' });
    expect(test.last('census').sessions).toEqual({ live: 0, asleep: 1, underWay: 0 });
  });
});
