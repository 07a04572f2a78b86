import { describe, expect, it } from 'vitest';
import { X509_LIMITS } from './limits.ts';
import { readPem } from './pem.ts';
import { issueCrl, newKeys, pem, spkiOf, testPki } from './testing.ts';

const { root, server } = testPki();
const keys = newKeys.p256();
const rsa = newKeys.rsa();

describe('readPem', () => {
  it('reads each kind, with text around and any line ends', () => {
    const crl = issueCrl({ issuer: root });
    const text = [
      'Subject: CN=server.example\n',
      server.pem.chain,
      server.pem.privateKey,
      keys.privateKey.export({ type: 'sec1', format: 'pem' }),
      rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }),
      keys.publicKey.export({ type: 'spki', format: 'pem' }),
      pem('EC PARAMETERS', Buffer.from('06082a8648ce3d030107', 'hex')),
      pem('X509 CRL', crl),
      'the end',
    ].join('');
    for (const each of [text, text.replaceAll('\n', '\r\n')]) {
      const read = readPem(each);
      expect(read).toMatchObject({
        ok: true,
        certificates: server.chain,
        crls: [crl],
        publicKeys: [spkiOf(keys.publicKey)],
      });
      expect(
        read.ok &&
          read.privateKeys.map((key, i) => key.equals([server.privateKey, keys.privateKey, rsa.privateKey][i] ?? key)),
      ).toEqual([true, true, true]);
    }
  });

  const encrypted = keys.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'x' });
  const encryptedOld = keys.privateKey.export({ type: 'sec1', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'x' });

  it.each([
    ['nothing', '', /no PEM block/],
    ['only text', 'hello', /no PEM block/],
    ['an encrypted key', String(encrypted), /"ENCRYPTED PRIVATE KEY" is not understood/],
    ['a key encrypted the old way', String(encryptedOld), /encrypted/],
    ['a request', pem('CERTIFICATE REQUEST', Buffer.alloc(3)), /"CERTIFICATE REQUEST"/],
    ['a block without an end', server.pem.certificate.split('\n').slice(0, -2).join('\n'), /does not end/],
    ['a block with another end', server.pem.certificate.replace('END CERTIFICATE', 'END X509 CRL'), /does not end/],
    ['what is no base64', server.pem.certificate.replace('MII', 'M!I'), /base64/],
    ['base64 that is cut', server.pem.certificate.replace('MII', 'MI'), /base64/],
    ['an empty block', pem('CERTIFICATE', Buffer.alloc(0)), /base64/],
    ['a key that is none', pem('PRIVATE KEY', Buffer.alloc(9)), /PRIVATE KEY can't be read/],
    ['too many blocks', pem('CERTIFICATE', Buffer.alloc(1)).repeat(X509_LIMITS.pemBlocks + 1), /too many/],
  ])('refuses %s', (_, text, detail) => {
    expect(readPem(text)).toMatchObject({ ok: false, detail: expect.stringMatching(detail) });
  });
});
