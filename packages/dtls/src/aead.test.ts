import { type CipherGCM, createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openRecord, sealRecord } from './protection.ts';
import { ContentType, readRecord } from './record.ts';
import { RecordKeys } from './record-keys.ts';
import { type Suite, type SuiteName, suitesNamed } from './suites.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

interface Vector {
  readonly key: string;
  readonly nonce: string;
  readonly aad: string;
  readonly plaintext: string;
  /** With the tag. */
  readonly ciphertext: string;
}

/** RFC 3610 §8, packet vectors 1 to 12: one key, octets that count up; nonce, octets of AAD, all octets, ciphertext. */
const CCM_COUNTING = [
  ['00000003020100', 8, 31, '588c979a61c663d2f066d0c2c0f989806d5f6b61dac38417e8d12cfdf926e0'],
  ['00000004030201', 8, 32, '72c91a36e135f8cf291ca894085c87e3cc15c439c9e43a3ba091d56e10400916'],
  ['00000005040302', 8, 33, '51b1e5f44a197d1da46b0f8e2d282ae871e838bb64da8596574adaa76fbd9fb0c5'],
  ['00000006050403', 12, 31, 'a28c6865939a9a79faaa5c4c2a9d4a91cdac8c96c861b9c9e61ef1'],
  ['00000007060504', 12, 32, 'dcf1fb7b5d9e23fb9d4e131253658ad86ebdca3e51e83f077d9c2d93'],
  ['00000008070605', 12, 33, '6fc1b011f006568b5171a42d953d469b2570a4bd87405a0443ac91cb94'],
  ['00000009080706', 8, 31, '0135d1b2c95f41d5d1d4fec185d166b8094e999dfed96c048c56602c97acbb7490'],
  ['0000000a090807', 8, 32, '7b75399ac0831dd2f0bbd75879a2fd8f6cae6b6cd9b7db24c17b4433f434963f34b4'],
  ['0000000b0a0908', 8, 33, '82531a60cc24945a4b8279181ab5c84df21ce7f9b73f42e197ea9c07e56b5eb17e5f4e'],
  ['0000000c0b0a09', 12, 31, '07342594157785152b074098330abb141b947b566aa9406b4d999988dd'],
  ['0000000d0c0b0a', 12, 32, '676bb20380b0e301e8ab79590a396da78b834934f53aa2e9107a8b6c022c'],
  ['0000000e0d0c0b', 12, 33, 'c0ffa0d6f05bdb67f24d43a4338d2aa4bed7b20e43cd1aa31662e7ad65d6db'],
] as const;
const COUNTING = Buffer.from(Array.from({ length: 33 }, (_, i) => i)).toString('hex');

/** Packet vectors 13 to 24: nonce, AAD, plaintext, ciphertext. */
const CCM_RANDOM = [
  [
    '00412b4ea9cdbe',
    '0be1a88bace018b1',
    '08e8cf97d820ea258460e96ad9cf5289054d895ceac47c',
    '4cb97f86a2a4689a877947ab8091ef5386a6ffbdd080f8e78cf7cb0cddd7b3',
  ],
  [
    '0033568ef7b263',
    '63018f76dc8a1bcb',
    '9020ea6f91bdd85afa0039ba4baff9bfb79c7028949cd0ec',
    '4ccb1e7ca981befaa0726c55d378061298c85c92814abc33c52ee81d7d77c08a',
  ],
  [
    '00103fe4133671',
    'aa6cfa36cae86b40',
    'b916e0eacc1c00d7dcec68ec0b3bbb1a02de8a2d1aa346132e',
    'b1d23a2220ddc0ac900d9aa03c61fcf4a559a4417767089708a776796edb723506',
  ],
  [
    '00764c63b8058e',
    'd0d0735c531e1becf049c244',
    '12daac5630efa5396f770ce1a66b21f7b2101c',
    '14d253c3967b70609b7cbb7c499160283245269a6f49975bcadeaf',
  ],
  [
    '00f8b678094e3b',
    '77b60f011c03e1525899bcae',
    'e88b6a46c78d63e52eb8c546efb5de6f75e9cc0d',
    '5545ff1a085ee2efbf52b2e04bee1e2336c73e3f762c0c7744fe7e3c',
  ],
  [
    '00d560912d3f70',
    'cd9044d2b71fdb8120ea60c0',
    '6435acbafb11a82e2f071d7ca4a5ebd93a803ba87f',
    '009769ecabdf48625594c59251e6035722675e04c847099e5ae0704551',
  ],
  [
    '0042fff8f1951c',
    'd85bc7e69f944fb8',
    '8a19b950bcf71a018e5e6701c91787659809d67dbedd18',
    'bc218daa947427b6db386a99ac1aef23ade0b52939cb6a637cf9bec2408897c6ba',
  ],
  [
    '00920f40e56cdc',
    '74a0ebc9069f5b37',
    '1761433c37c5a35fc1f39f406302eb907c6163be38c98437',
    '5810e6fd25874022e80361a478e3e9cf484ab04f447efff6f0a477cc2fc9bf548944',
  ],
  [
    '0027ca0c7120bc',
    '44a3aa3aae6475ca',
    'a434a8e58500c6e41530538862d686ea9e81301b5ae4226bfa',
    'f2beed7bc5098e83feb5b31608f8e29c38819a89c8e776f1544d4151a4ed3a8b87b9ce',
  ],
  [
    '005b8ccbcd9af8',
    'ec46bb63b02520c33c49fd70',
    'b96b49e21d621741632875db7f6c9243d2d7c2',
    '31d750a09da3ed7fddd49a2032aabf17ec8ebf7d22c8088c666be5c197',
  ],
  [
    '003ebe94044b9a',
    '47a65ac78b3d594227e85e71',
    'e2fcfbb880442c731bf95167c8ffd7895e337076',
    'e882f1dbd38ce3eda7c23f04dd65071eb41342acdf7e00dccec7ae52987d',
  ],
  [
    '008d493b30ae8b',
    '6e37a6ef546d955d34ab6059',
    'abf21c0b02feb88f856df4a37381bce3cc128517d4',
    'f32905b88a641b04b9c9ffb58cc390900f3da12ab16dce9e82efa16da62059',
  ],
] as const;

const CCM_VECTORS: readonly Vector[] = [
  ...CCM_COUNTING.map(([nonce, aadLength, end, ciphertext]) => ({
    key: 'c0c1c2c3c4c5c6c7c8c9cacbcccdcecf',
    nonce: `${nonce}a0a1a2a3a4a5`,
    aad: COUNTING.slice(0, 2 * aadLength),
    plaintext: COUNTING.slice(2 * aadLength, 2 * end),
    ciphertext,
  })),
  ...CCM_RANDOM.map(([nonce, aad, plaintext, ciphertext]) => ({
    key: 'd7828d13b2b0bdc325a76236df93cc6b',
    nonce: `${nonce}3c9696766cfa`,
    aad,
    plaintext,
    ciphertext,
  })),
];

/** "The Galois/Counter Mode of Operation", appendix B, test cases 4 and 16. */
const GCM_COMMON = {
  nonce: 'cafebabefacedbaddecaf888',
  aad: 'feedfacedeadbeeffeedfacedeadbeefabaddad2',
  plaintext: `d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72
    1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39`,
};
const GCM_VECTORS: readonly Vector[] = [
  {
    ...GCM_COMMON,
    key: 'feffe9928665731c6d6a8f9467308308',
    ciphertext: `42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa05
      1ba30b396a0aac973d58e091 5bc94fbc3221a5db94fae95ae7121a47`,
  },
  {
    ...GCM_COMMON,
    key: 'feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308',
    ciphertext: `522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838
      c5f61e6393ba7a0abcc9f662 76fc6ece0f4e1768cddf8853bb2d551b`,
  },
];

describe.each([
  ...CCM_VECTORS.map((vector, i) => ({ title: `RFC 3610 packet vector ${i + 1}`, mode: 'ccm', vector })),
  ...GCM_VECTORS.map((vector) => ({ title: `GCM with a key of ${vector.key.length * 4} bits`, mode: 'gcm', vector })),
])('the cipher that records use has $title', ({ mode, vector }) => {
  const [key, nonce, aad] = [createSecretKey(hex(vector.key)), hex(vector.nonce), hex(vector.aad)];
  const [plaintext, ciphertext] = [hex(vector.plaintext), hex(vector.ciphertext)];
  const options = { authTagLength: ciphertext.length - plaintext.length };
  const algorithm = `aes-${8 * (key.symmetricKeySize ?? 0)}-${mode}` as 'aes-128-gcm';

  it('both ways', () => {
    const cipher = createCipheriv(algorithm, key, nonce, options);
    cipher.setAAD(aad, { plaintextLength: plaintext.length });
    const sealed = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
    expect(sealed).toEqual(ciphertext);
    const decipher = createDecipheriv(algorithm, key, nonce, options);
    decipher.setAuthTag(ciphertext.subarray(plaintext.length));
    decipher.setAAD(aad, { plaintextLength: plaintext.length });
    expect(decipher.update(ciphertext.subarray(0, plaintext.length))).toEqual(plaintext);
    decipher.final();
  });
});

const KEY = hex('c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf');
const IV = hex('a0a1a2a3');
const CONTENT = Buffer.from('a message of a device');
const SEQUENCE = 0x0102030405;
const NUMBER = '0001000102030405';
const CONNECTION_ID = 'c1d0c1d1c1d2';

function suiteOf(name: SuiteName): Suite {
  const [suite] = suitesNamed([name]);
  if (suite === undefined) throw new Error(`${name} is missing`);
  return suite;
}

/** The same keys both ways. */
function keysOf(suite: Suite): RecordKeys {
  const key = KEY.subarray(0, suite.cipher.keyLength);
  return new RecordKeys({ suite, encryptThenMac: false, material: Buffer.concat([key, key, IV, IV]) });
}

/** AES-CCM written down from RFC 3610 §2 on single AES blocks: q = 3, since nonces have 12 octets. */
function ccm(nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array, tagLength: number): Buffer {
  const key = createSecretKey(KEY.subarray(0, 16));
  const block = (input: Uint8Array): Buffer => createCipheriv('aes-128-ecb', key, null).update(input);
  const b0 = Buffer.concat([Uint8Array.of(64 + 8 * ((tagLength - 2) / 2) + 2), nonce, Buffer.alloc(3)]);
  b0.writeUIntBE(plaintext.length, 13, 3);
  const pad = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((16 - (bytes.length % 16)) % 16)]);
  const input = Buffer.concat([
    b0,
    pad(Buffer.concat([Uint8Array.of(0, aad.length), aad])),
    pad(Buffer.from(plaintext)),
  ]);
  let x: Buffer = Buffer.alloc(16);
  for (let i = 0; i < input.length; i += 16) x = block(x.map((octet, j) => octet ^ (input[i + j] ?? 0)));
  const keystream = (i: number): Buffer => block(Buffer.concat([Uint8Array.of(2), nonce, Uint8Array.of(0, 0, i)]));
  const encrypted = Buffer.from(plaintext).map((octet, i) => octet ^ (keystream(1 + (i >> 4))[i & 15] ?? 0));
  const tag = x.subarray(0, tagLength).map((octet, i) => octet ^ (keystream(0)[i] ?? 0));
  return Buffer.concat([encrypted, tag]);
}

function gcm(keyLength: number): typeof ccm {
  return (nonce, aad, plaintext) => {
    const algorithm = `aes-${8 * keyLength}-gcm` as 'aes-128-gcm';
    const cipher: CipherGCM = createCipheriv(algorithm, createSecretKey(KEY.subarray(0, keyLength)), nonce);
    cipher.setAAD(aad);
    return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  };
}

describe.each([
  { name: 'TLS_PSK_WITH_AES_128_CCM_8', make: ccm, tagLength: 8 },
  { name: 'TLS_PSK_WITH_AES_128_CCM', make: ccm, tagLength: 16 },
  { name: 'TLS_PSK_WITH_AES_128_GCM_SHA256', make: gcm(16), tagLength: 16 },
  { name: 'TLS_PSK_WITH_AES_256_GCM_SHA384', make: gcm(32), tagLength: 16 },
] as const)('a record of $name', ({ name, make, tagLength }) => {
  const keys = keysOf(suiteOf(name));
  const nonce = hex(`a0a1a2a3${NUMBER}`);

  it('is made of its header, the number, and what the cipher gives for them (RFC 5246 §6.2.3.3)', () => {
    const aad = hex(`${NUMBER} 17 fefd ${length(CONTENT.length)}`);
    const fragment = Buffer.concat([hex(NUMBER), make(nonce, aad, CONTENT, tagLength)]);
    const expected = Buffer.concat([hex(`17 fefd ${NUMBER} ${length(fragment.length)}`), fragment]);
    expect(sealRecord(keys, ContentType.APPLICATION_DATA, 1, SEQUENCE, CONTENT)).toEqual(expected);
  });

  /** A record as RFC 9146 §4 and §5.3 have it, with this inner plaintext. */
  const identified = (inner: Buffer): Buffer => {
    const header = `fefd ${NUMBER} ${CONNECTION_ID}`;
    const aad = hex(`ffffffffffffffff 19 06 19 ${header} ${length(inner.length)}`);
    const fragment = Buffer.concat([hex(NUMBER), make(nonce, aad, inner, tagLength)]);
    return Buffer.concat([hex(`19 ${header} ${length(fragment.length)}`), fragment]);
  };

  it('with a Connection ID hides its type and is bound to its header', () => {
    const expected = identified(Buffer.concat([CONTENT, hex('17')]));
    const bytes = sealRecord(keys, ContentType.APPLICATION_DATA, 1, SEQUENCE, CONTENT, hex(CONNECTION_ID));
    expect(bytes).toEqual(expected);
  });

  it('with a Connection ID may be padded with zeros, but must have a type', () => {
    const open = (inner: Buffer): unknown => {
      const record = readRecord(identified(inner), 0, CONNECTION_ID.length / 2);
      return record && openRecord(keys, record);
    };
    const padded = Buffer.concat([CONTENT, hex('15 0000000000')]);
    expect(open(padded)).toEqual({ type: ContentType.ALERT, content: CONTENT });
    expect(open(hex('0000 16 00'))).toEqual({ type: ContentType.HANDSHAKE, content: hex('0000') });
    expect(open(hex('17'))).toEqual({ type: ContentType.APPLICATION_DATA, content: hex('') });
    expect(open(hex(''))).toBeUndefined();
    expect(open(hex('000000'))).toBeUndefined();
  });
});

/** The two octets of a length. */
function length(octets: number): string {
  return octets.toString(16).padStart(4, '0');
}
