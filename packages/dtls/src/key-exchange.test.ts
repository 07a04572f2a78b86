import { describe, expect, it } from 'vitest';
import { encodeCertificate, readCertificate } from './certificates.ts';
import {
  encodeClientKeyExchange,
  encodeServerKeyExchange,
  groupOfParameters,
  readClientKeyExchange,
  readServerKeyExchange,
  signedParameters,
} from './key-exchange.ts';
import type { Parsed } from './schema.ts';
import type { KeyExchange } from './suites.ts';
import { CERTIFIED_CLIENT, RAW_CLIENT } from './testing-peers.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const parameters = { curveType: 3, group: 29, publicKey: hex('aabbcc') };

/** Views and Buffers compare as plain octets. */
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, one) =>
      one?.type === 'Buffer' ? one.data : ArrayBuffer.isView(one) ? [...(one as Uint8Array)] : one,
    ),
  );

const SERVER: readonly [KeyExchange, object, string][] = [
  ['psk', { identityHint: hex('6869') }, '0002 6869'],
  ['ecdhe-psk', { identityHint: hex(''), parameters }, '0000 03 001d 03aabbcc'],
  ['ecdhe-ecdsa', { parameters, scheme: 0x0403, signature: hex('3001') }, '03 001d 03aabbcc 0403 0002 3001'],
];
const CLIENT: readonly [KeyExchange, object, string][] = [
  ['psk', { identity: Buffer.from('dev') }, '0003 646576'],
  ['ecdhe-psk', { identity: Buffer.from('dev'), publicKey: hex('aabb') }, '0003 646576 02aabb'],
  ['ecdhe-ecdsa', { publicKey: hex('aabb') }, '02aabb'],
];

/** A form has the octets of its vector, and nothing that is shorter or longer than it. */
function check(form: {
  readonly value: object;
  readonly bytes: Uint8Array;
  readonly encoded: Uint8Array;
  readonly read: (bytes: Uint8Array) => Parsed<object>;
}): void {
  const { value, bytes, encoded, read } = form;
  expect(Buffer.from(encoded).toString('hex')).toBe(Buffer.from(bytes).toString('hex'));
  const parsed = read(bytes);
  expect(plain(parsed)).toEqual(plain({ ok: true, value: { ...value } }));
  for (let length = 0; length < bytes.length; length++) expect(read(bytes.subarray(0, length)).ok).toBe(false);
  expect(read(Buffer.concat([bytes, Buffer.alloc(1)])).ok).toBe(false);
}

describe('the messages of key exchanges', () => {
  it.each(SERVER)('of the server by %s', (keyExchange, value, text) => {
    const bytes = hex(text);
    const encoded = encodeServerKeyExchange(keyExchange, value);
    check({ value, bytes, encoded, read: (octets) => readServerKeyExchange(keyExchange, octets) });
  });

  it.each(CLIENT)('of the client by %s', (keyExchange, value, text) => {
    const bytes = hex(text);
    const encoded = encodeClientKeyExchange(keyExchange, value);
    check({ value, bytes, encoded, read: (octets) => readClientKeyExchange(keyExchange, octets) });
  });

  it('are signed with both random values in front', () => {
    const signed = signedParameters(hex('0101'), hex('0202'), parameters);
    expect(Buffer.from(signed).toString('hex')).toBe('0101020203001d03aabbcc');
  });

  it('name a group that was offered, as a named curve', () => {
    expect(groupOfParameters(parameters, ['secp256r1', 'x25519'])).toBe('x25519');
    const refused = { check: 'no-common-group', alert: 'illegal_parameter' };
    expect(groupOfParameters(parameters, ['secp256r1'])).toMatchObject(refused);
    expect(groupOfParameters({ ...parameters, curveType: 1 }, ['x25519'])).toMatchObject(refused);
    expect(groupOfParameters({ ...parameters, group: 99 }, ['x25519'])).toMatchObject(refused);
  });
});

describe('a Certificate', () => {
  if (RAW_CLIENT.kind !== 'raw-key' || CERTIFIED_CLIENT.kind !== 'certificate') throw new Error('other peers');
  const rawKey = { kind: 'raw-key', publicKey: RAW_CLIENT.publicKey } as const;
  const chain = { kind: 'certificate', chain: CERTIFIED_CLIENT.chain } as const;

  it('holds a raw public key, or a chain', () => {
    const raw = encodeCertificate(rawKey);
    expect(Buffer.from(raw.subarray(0, 3)).readUIntBE(0, 3)).toBe(91);
    expect(plain(readCertificate('raw-key', raw))).toMatchObject(
      plain({ ok: true, value: { identity: rawKey } }) as object,
    );
    const read = readCertificate('certificate', encodeCertificate(chain));
    expect(plain(read)).toMatchObject(plain({ ok: true, value: { identity: chain } }) as object);
  });

  it('of the other form, cut anywhere, or empty is an objection', () => {
    for (const [kind, whole] of [
      ['raw-key', encodeCertificate(rawKey)],
      ['certificate', encodeCertificate(chain)],
    ] as const) {
      for (let length = 0; length < whole.length; length += 7) {
        const read = readCertificate(kind, whole.subarray(0, length));
        expect(read).toMatchObject({ ok: false, objection: { check: 'malformed', alert: 'decode_error' } });
      }
    }
    expect(readCertificate('certificate', encodeCertificate(rawKey)).ok).toBe(false);
    expect(readCertificate('raw-key', encodeCertificate(chain)).ok).toBe(false);
    for (const kind of ['raw-key', 'certificate'] as const) {
      expect(readCertificate(kind, Buffer.alloc(3))).toMatchObject({ objection: { check: 'no-certificate' } });
    }
  });

  it('with a key that can’t sign here is unsupported', () => {
    const ed25519 = hex(`302a300506032b6570032100${'11'.repeat(32)}`);
    const read = readCertificate('raw-key', encodeCertificate({ kind: 'raw-key', publicKey: ed25519 }));
    expect(read).toMatchObject({
      ok: false,
      objection: { check: 'unsupported-certificate' },
      identity: { kind: 'raw-key' },
    });
  });
});
