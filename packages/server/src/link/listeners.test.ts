import { generateKeyPairSync } from 'node:crypto';
import type { LookupId } from '@reeve/dtls';
import { describe, expect, it } from 'vitest';
import { seededBytes } from '../../../../tooling/testing/fuzz.ts';
import { CONNECTION_ID_BYTES, connectionIds } from './connection-ids.ts';
import { DtlsListeners } from './listeners.ts';
import type { Listener } from './port.ts';

const random = seededBytes(1);
const open = (...listen: Listener[]) =>
  new DtlsListeners(listen, {
    random,
    connectionIds: { length: CONNECTION_ID_BYTES, make: connectionIds(0, random) },
  });
const coaps = (dtls?: Listener['dtls']): Listener => ({
  transport: 'coaps',
  host: '::',
  port: 5684,
  ...(dtls ? { dtls } : {}),
});

describe('secure sockets', () => {
  it('with equal settings share a server, those with others do not, and plain ones have none', () => {
    const listeners = open(
      coaps(),
      { transport: 'coap', host: '::', port: 5683 },
      coaps({ resumption: true }),
      coaps({ resumption: false }),
    );
    expect(listeners.all()).toHaveLength(2);
    expect(listeners.at(0)).toBe(listeners.at(2));
    expect(listeners.at(1)).toBeUndefined();
    expect(listeners.at(3)).not.toBe(listeners.at(0));
  });

  it('number their questions so that each answer finds who asked, and tell where', () => {
    const listeners = open(coaps(), coaps({ resumption: false }), coaps(), coaps({ connectionIds: false }));
    const identity = Buffer.from('truck-1');
    const asked = listeners
      .all()
      .flatMap((server) =>
        [0, 1, 7].map((lookup) => listeners.ask(server, { kind: 'findPsk', lookup: lookup as LookupId, identity })),
      );
    const numbers = asked.map((message) => ('lookup' in message ? message.lookup : Number.NaN));
    expect(new Set(numbers).size).toBe(9);
    expect(asked[0]).toMatchObject({ kind: 'find-psk', identity: identity.toString('hex') });
    expect(asked.map((message) => 'ingress' in message && message.ingress)).toEqual([0, 0, 0, 1, 1, 1, 3, 3, 3]);
    // An answer that nobody waits for any more is ignored.
    for (const lookup of numbers) listeners.answer({ kind: 'psk', lookup }, 0);
  });

  it('take the identities of the server as bytes', () => {
    const listeners = open(coaps());
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const identity = {
      rawKey: publicKey.export({ format: 'der', type: 'spki' }),
      privateKey: privateKey.export({ format: 'der', type: 'pkcs8' }),
    };
    expect(() => listeners.setIdentities([identity])).not.toThrow();
    expect(() => listeners.setIdentities([{ ...identity, privateKey: Buffer.alloc(3) }])).toThrow();
  });
});
