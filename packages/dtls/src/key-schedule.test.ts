import { describe, expect, it } from 'vitest';
import { Hmac } from './hmac.ts';
import { epochKeys, MasterSecret, masterSecret, pskPremasterSecret, verifyData } from './key-schedule.ts';
import { SUITES } from './suites.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
const RANDOMS = { client: Buffer.alloc(32, 1), server: Buffer.alloc(32, 2) };

describe('the premaster secret of a pre-shared key', () => {
  it('has as many zeros as the key is long, unless something was agreed on', () => {
    expect(pskPremasterSecret(hex('0a0b0c'))).toEqual(hex('0003 000000 0003 0a0b0c'));
    expect(pskPremasterSecret(hex('0a0b0c'), hex('0102030405'))).toEqual(hex('0005 0102030405 0003 0a0b0c'));
  });
});

describe('the master secret', () => {
  const premaster = hex('0003 000000 0003 0a0b0c');

  it.each(['sha256', 'sha384'] as const)('comes from the random values or from the session hash by %s', (hash) => {
    const plain = new Hmac(hash, premaster).expand(
      'master secret',
      Buffer.concat([RANDOMS.client, RANDOMS.server]),
      48,
    );
    expect(masterSecret(hash, premaster, RANDOMS, undefined).bytes).toEqual(plain);
    const sessionHash = Buffer.alloc(32, 7);
    const extended = new Hmac(hash, premaster).expand('extended master secret', sessionHash, 48);
    expect(masterSecret(hash, premaster, RANDOMS, sessionHash).bytes).toEqual(extended);
  });

  it('makes the verify data of each side', () => {
    const master = new MasterSecret('sha256', Buffer.alloc(48, 3));
    const transcript = Buffer.alloc(32, 9);
    const client = new Hmac('sha256', Buffer.alloc(48, 3)).expand('client finished', transcript, 12);
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
  const block = master.hmac.expand(
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
