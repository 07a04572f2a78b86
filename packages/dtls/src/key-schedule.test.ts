import { createCipheriv, createSecretKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { HmacSha256 } from './hmac.ts';
import { epochKeys, masterSecret, prf } from './key-schedule.ts';
import { SUITES } from './suites.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

describe('key schedule', () => {
  it('has the PRF of the published SHA-256 test vector', () => {
    const secret = new HmacSha256(hex('9bbe436ba940f017b17652849a71db35'));
    const seed = hex('a0ba9f936cda311827a6f796ffd5198c');
    const output = hex(`e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af
      0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66`);
    expect(prf(secret, 'test label', seed, 100)).toEqual(output);
    expect(prf(secret, 'test label', seed, 33)).toEqual(output.subarray(0, 33));
  });

  it('builds the premaster secret of plain PSK from as many zeros as the key is long', () => {
    const psk = hex('0a0b0c');
    const seed = hex('0102');
    const randoms = { client: Buffer.alloc(32, 1), server: Buffer.alloc(32, 2) };
    const premaster = new HmacSha256(hex('0003 000000 0003 0a0b0c'));
    const plain = prf(premaster, 'master secret', Buffer.concat([randoms.client, randoms.server]), 48);
    const code = (key: Uint8Array): Buffer => new HmacSha256(key).digest(seed);
    expect(masterSecret(createSecretKey(psk), randoms, undefined).digest(seed)).toEqual(code(plain));
    const sessionHash = Buffer.alloc(32, 7);
    const extended = prf(premaster, 'extended master secret', sessionHash, 48);
    expect(masterSecret(createSecretKey(psk), randoms, sessionHash).digest(seed)).toEqual(code(extended));
  });

  it('gives each side the other one’s write keys to read with', () => {
    const randoms = { client: Buffer.alloc(32, 1), server: Buffer.alloc(32, 2) };
    const master = new HmacSha256(Buffer.alloc(48, 3));
    for (const suite of SUITES) {
      const client = epochKeys(suite, 'client', master, randoms);
      const server = epochKeys(suite, 'server', master, randoms);
      expect(client.write.key.equals(server.read.key)).toBe(true);
      expect(server.write.key.equals(client.read.key)).toBe(true);
      expect(client.write.key.equals(client.read.key)).toBe(false);
      expect([...client.write.iv, ...server.write.iv]).toEqual([...server.read.iv, ...client.read.iv]);
      const block = prf(master, 'key expansion', Buffer.concat([randoms.server, randoms.client]), 40);
      const exported = [client.write.key.export(), server.write.key.export(), client.write.iv, server.write.iv];
      expect(Buffer.concat(exported)).toEqual(block);
    }
  });
});

describe('AES-128-CCM with tags of 8 octets', () => {
  it('is that of RFC 3610, packet vector 1', () => {
    const key = createSecretKey(hex('c0c1c2c3c4c5c6c7c8c9cacbcccdcecf'));
    const nonce = hex('00000003020100a0a1a2a3a4a5');
    const plaintext = hex('08090a0b0c0d0e0f101112131415161718191a1b1c1d1e');
    const cipher = createCipheriv('aes-128-ccm', key, nonce, { authTagLength: 8 });
    cipher.setAAD(hex('0001020304050607'), { plaintextLength: plaintext.length });
    const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
    expect(ciphertext).toEqual(hex('588c979a61c663d2f066d0c2c0f989806d5f6b61dac384 17e8d12cfdf926e0'));
  });
});
