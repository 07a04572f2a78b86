import { describe, expect, it } from 'vitest';
import { Hmac } from './hmac.ts';
import { epochKeys, MasterSecret, masterSecret, prf, pskPremasterSecret, verifyData } from './key-schedule.ts';
import { SUITES } from './suites.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
const RANDOMS = { client: Buffer.alloc(32, 1), server: Buffer.alloc(32, 2) };

describe('the pseudorandom function', () => {
  // "TLS 1.2 PRF test vectors", IETF TLS mailing list, 2009.
  it('has the published vector of SHA-256', () => {
    const secret = new Hmac('sha256', hex('9bbe436ba940f017b17652849a71db35'));
    const seed = hex('a0ba9f936cda311827a6f796ffd5198c');
    const output = hex(`e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af
      0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66`);
    expect(prf(secret, 'test label', seed, 100)).toEqual(output);
    expect(prf(secret, 'test label', seed, 33)).toEqual(output.subarray(0, 33));
  });

  it('has the published vector of SHA-384', () => {
    const secret = new Hmac('sha384', hex('b80b733d6ceefcdc71566ea48e5567df'));
    const seed = hex('cd665cf6a8447dd6ff8b27555edb7465');
    const output = hex(`7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cde9ca0faa60be9fe34f82b1233c9146a0
      e534cb400fed2700884f9dc236f80edd8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d9184259b5bf8cd4d90fa0d31e2
      dec479e4f1a26066f2eea9a69236a3e52655c9e9aee691c8f3a26854308d5eaa3be85e0990703d73e56f`);
    expect(prf(secret, 'test label', seed, 148)).toEqual(output);
    expect(prf(secret, 'test label', seed, 49)).toEqual(output.subarray(0, 49));
  });
});

describe('the premaster secret of a pre-shared key', () => {
  it('has as many zeros as the key is long, unless something was agreed on', () => {
    expect(pskPremasterSecret(hex('0a0b0c'))).toEqual(hex('0003 000000 0003 0a0b0c'));
    expect(pskPremasterSecret(hex('0a0b0c'), hex('0102030405'))).toEqual(hex('0005 0102030405 0003 0a0b0c'));
  });
});

describe('the master secret', () => {
  const premaster = hex('0003 000000 0003 0a0b0c');

  it.each(['sha256', 'sha384'] as const)('comes from the random values or from the session hash by %s', (hash) => {
    const plain = prf(new Hmac(hash, premaster), 'master secret', Buffer.concat([RANDOMS.client, RANDOMS.server]), 48);
    expect(masterSecret(hash, premaster, RANDOMS, undefined).bytes).toEqual(plain);
    const sessionHash = Buffer.alloc(32, 7);
    const extended = prf(new Hmac(hash, premaster), 'extended master secret', sessionHash, 48);
    expect(masterSecret(hash, premaster, RANDOMS, sessionHash).bytes).toEqual(extended);
  });

  it('makes the verify data of each side', () => {
    const master = new MasterSecret('sha256', Buffer.alloc(48, 3));
    const transcript = Buffer.alloc(32, 9);
    const client = prf(new Hmac('sha256', Buffer.alloc(48, 3)), 'client finished', transcript, 12);
    expect(verifyData(master, 'client', transcript)).toEqual(client);
    expect(verifyData(master, 'server', transcript)).not.toEqual(client);
  });

  it('is zeros once it is wiped', () => {
    const master = new MasterSecret('sha256', Buffer.alloc(48, 3));
    master.wipe();
    expect(master.bytes).toEqual(Buffer.alloc(48));
  });
});

describe.each(SUITES)('the keys of $name', (suite) => {
  const master = new MasterSecret(suite.hash, Buffer.alloc(48, 3));
  const { macKeyLength, keyLength, fixedIvLength } = suite.cipher;
  const block = prf(
    master.hmac,
    'key expansion',
    Buffer.concat([RANDOMS.server, RANDOMS.client]),
    2 * (macKeyLength + keyLength + fixedIvLength),
  );

  it('are the key block to a client, and the other way round to a server', () => {
    const client = epochKeys(suite, 'client', master, RANDOMS, false).material;
    const server = epochKeys(suite, 'server', master, RANDOMS, false).material;
    expect(Buffer.from(client)).toEqual(block);
    const pieces: Buffer[] = [];
    let at = 0;
    for (const length of [macKeyLength, keyLength, fixedIvLength]) {
      pieces.push(block.subarray(at + length, at + 2 * length), block.subarray(at, at + length));
      at += 2 * length;
    }
    expect(Buffer.from(server)).toEqual(Buffer.concat(pieces));
  });
});
