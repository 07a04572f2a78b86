import { describe, expect, it } from 'vitest';
import { EXTENSIONS } from './extensions.ts';
import { readFragments } from './fragments.ts';
import {
  decodeBody,
  encodeBody,
  HANDSHAKE_MESSAGES,
  type HandshakeBodies,
  type HandshakeKind,
  handshakeKind,
  Version,
} from './messages.ts';
import { readRecord } from './record.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));

/** First ClientHellos as programs of others sent them, whole datagrams. */
const FOREIGN_HELLOS = {
  'OpenSSL 3.0': `16feff0000000000000000007a0100006e000000000000006efefdc754728b4f7d70935b05b0e7c02b3c4987a3a8221fcf79d6d23afce5
    344d1b2d00000004c0a800ff01000040002300000016000000170000000d0030002e0403050306030807080808090
    80a080b080408050806040105010601030302030301020103020202040205020602`,
  'GnuTLS 3.7': `16fefd0000000000000000007e010000720000000000000072fefd9c5267313b3a755e6d085482b7dcb318d581b832f01e437f5031a798
    5a4f050000000002c0a801000046000500050100000000000d00220020040108090804040308070501080a0805050308080601080b080606030
    2010203001600000017000000230000ff01000100001c00024000`,
} as const;

const random = Uint8Array.from({ length: 32 }, (_, i) => i);
const RANDOM = Buffer.from(random).toString('hex');

type Vectors = { readonly [K in HandshakeKind]: { readonly body: HandshakeBodies[K]; readonly hex: string } };

const VECTORS: Vectors = {
  'hello-request': { body: {}, hex: '' },
  'client-hello': {
    body: {
      version: Version.DTLS_1_2,
      random,
      sessionId: hex('aabb'),
      cookie: hex('010203'),
      cipherSuites: [0xc0a8, 0x00a8],
      compressionMethods: [0],
      extensions: [{ type: EXTENSIONS.extendedMasterSecret.type, data: new Uint8Array(0) }],
    },
    hex: `fefd ${RANDOM} 02aabb 03010203 0004c0a800a8 0100 0004 0017 0000`,
  },
  'server-hello': {
    body: {
      version: Version.DTLS_1_2,
      random,
      sessionId: new Uint8Array(0),
      cipherSuite: 0xc0a8,
      compressionMethod: 0,
      extensions: [{ type: EXTENSIONS.renegotiationInfo.type, data: hex('00') }],
    },
    hex: `fefd ${RANDOM} 00 c0a8 00 0005 ff01 0001 00`,
  },
  'hello-verify-request': { body: { version: Version.DTLS_1_0, cookie: hex('deadbeef') }, hex: 'feff 04 deadbeef' },
  'new-session-ticket': { body: { lifetimeSeconds: 86_400, ticket: hex('aabbcc') }, hex: '00015180 0003 aabbcc' },
  certificate: { body: { content: hex('000003 000000') }, hex: '000003 000000' },
  'server-key-exchange': { body: { content: hex('0002 6869') }, hex: '0002 6869' },
  'certificate-request': {
    body: { certificateTypes: [64], signatureSchemes: [0x0403, 0x0503], authorities: [hex('3000')] },
    hex: '01 40 0004 0403 0503 0004 0002 3000',
  },
  'server-hello-done': { body: {}, hex: '' },
  'certificate-verify': { body: { scheme: 0x0403, signature: hex('3001') }, hex: '0403 0002 3001' },
  'client-key-exchange': { body: { content: hex('0003 646576') }, hex: '0003 646576' },
  finished: { body: { verifyData: hex('000102030405060708090a0b') }, hex: '000102030405060708090a0b' },
};

const KINDS = Object.keys(HANDSHAKE_MESSAGES) as HandshakeKind[];
/** Those whose form depends on what was negotiated. */
const AS_NEGOTIATED: readonly HandshakeKind[] = ['certificate', 'server-key-exchange', 'client-key-exchange'];

/** Views and Buffers compare as plain octets. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, v) =>
      v?.type === 'Buffer' ? v.data : ArrayBuffer.isView(v) ? [...(v as Uint8Array)] : v,
    ),
  );
}

function check<K extends HandshakeKind>(kind: K): void {
  const vector = VECTORS[kind];
  const bytes = hex(vector.hex);
  expect(Buffer.from(encodeBody(kind, vector.body)).toString('hex')).toBe(Buffer.from(bytes).toString('hex'));
  const decoded = decodeBody(kind, bytes);
  if (!decoded.ok) throw new Error(`${kind}: ${decoded.error.field}`);
  expect(plain(decoded.message)).toEqual(plain({ kind, body: vector.body }));
}

describe('handshake messages', () => {
  it.each(KINDS)('%s encodes and decodes', (kind) => check(kind));

  it.each(KINDS)('%s cut anywhere is an error, or a shorter message that encodes back to it', (kind) => {
    const bytes = hex(VECTORS[kind].hex);
    for (let length = 0; length < bytes.length; length++) {
      const cut = bytes.subarray(0, length);
      const decoded = decodeBody(kind, cut);
      if (decoded.ok) expect(encodeBody(decoded.message.kind, decoded.message.body)).toEqual(cut);
      else expect(decoded.error).toMatchObject({ kind: 'truncated', field: expect.stringMatching(/./) });
    }
  });

  it.each(KINDS.filter((kind) => !AS_NEGOTIATED.includes(kind)))('%s with an octet too many is an error', (kind) => {
    const decoded = decodeBody(kind, Buffer.concat([hex(VECTORS[kind].hex), Uint8Array.of(0)]));
    expect(decoded.ok).toBe(false);
  });

  it.each([
    ['a session id of 33 octets', `fefd ${RANDOM} 21 ${'00'.repeat(33)} 00 0002c0a8 0100`, 'sessionId'],
    ['no cipher suite', `fefd ${RANDOM} 00 00 0000 0100`, 'cipherSuites'],
    ['half a cipher suite', `fefd ${RANDOM} 00 00 0003c0a800 0100`, 'cipherSuites'],
    ['no compression method', `fefd ${RANDOM} 00 00 0002c0a8 00`, 'compressionMethods'],
    ['an extension longer than the list', `fefd ${RANDOM} 00 00 0002c0a8 0100 0005 0017 0002 00`, 'extensions'],
  ])('a ClientHello with %s is an error that names the element', (_, text, field) => {
    const decoded = decodeBody('client-hello', hex(text));
    expect(decoded).toMatchObject({ ok: false, error: { field: expect.stringMatching(new RegExp(`${field}|data`)) } });
  });

  it.each(Object.entries(FOREIGN_HELLOS))('reads the ClientHello of %s', (_, text) => {
    const datagram = hex(text);
    const record = readRecord(datagram, 0);
    const [fragment] = readFragments(record?.fragment ?? new Uint8Array(0)) ?? [];
    expect(handshakeKind(fragment?.type ?? -1)).toBe('client-hello');
    const decoded = decodeBody('client-hello', fragment?.bytes ?? new Uint8Array(0));
    if (!decoded.ok || decoded.message.kind !== 'client-hello') throw new Error('not a ClientHello');
    const { body } = decoded.message;
    expect(body.version).toBe(Version.DTLS_1_2);
    expect(body.cipherSuites[0]).toBe(0xc0a8);
    expect(body.extensions.find(({ type }) => type === EXTENSIONS.extendedMasterSecret.type)?.data).toHaveLength(0);
    expect(encodeBody('client-hello', body)).toEqual(Uint8Array.from(fragment?.bytes ?? []));
  });

  it('names a type that is not in the table', () => {
    expect(handshakeKind(24)).toBe('unknown-handshake');
  });
});
