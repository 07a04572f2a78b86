import { createPrivateKey, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type GroupName, type SignatureScheme, spkiOf } from './algorithms.ts';
import { computeNow } from './compute.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
const base64url = (text: string): string => hex(text).toString('base64url');

/** A key pair of a NIST curve, in hexadecimal. */
interface Pair {
  readonly d: string;
  readonly x: string;
  readonly y: string;
}

function privateKey(curve: 'P-256' | 'P-384', { d, x, y }: Pair): KeyObject {
  const key = { kty: 'EC', crv: curve, d: base64url(d), x: base64url(x), y: base64url(y) };
  return createPrivateKey({ key, format: 'jwk' });
}

describe.each([
  {
    source: 'RFC 5903 §8.1',
    group: 'secp256r1',
    curve: 'P-256',
    one: {
      d: 'c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433',
      x: 'dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180',
      y: '5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3',
    },
    other: {
      d: 'c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53',
      x: 'd12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63',
      y: '56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab',
    },
    secret: 'd6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de',
  },
  {
    source: 'RFC 5903 §8.2',
    group: 'secp384r1',
    curve: 'P-384',
    one: {
      d: '099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce655e35b538041e649ee3faef896783ab194',
      x: '667842d7d180ac2cde6f74f37551f55755c7645c20ef73e31634fe72b4c55ee6de3ac808acb4bdb4c88732aee95f41aa',
      y: '9482ed1fc0eeb9cafc4984625ccfc23f65032149e0e144ada024181535a0f38eeb9fcff3c2c947dae69b4c634573a81c',
    },
    other: {
      d: '41cb0779b4bdb85d47846725fbec3c9430fab46cc8dc5060855cc9bda0aa2942e0308312916b8ed2960e4bd55a7448fc',
      x: 'e558dbef53eecde3d3fccfc1aea08a89a987475d12fd950d83cfa41732bc509d0d1ac43a0336def96fda41d0774a3571',
      y: 'dcfbec7aacf3196472169e838430367f66eebe3c6e70c416dd5f0c68759dd1fff83fa40142209dff5eaad96db9e6386c',
    },
    secret: '11187331c279962d93d604243fd592cb9d0a926f422e47187521287e7156c5c4d603135569b9e9d09cf5d4a270f59746',
  },
] as const)('agreeing in $group', ({ source, group, curve, one, other, secret }) => {
  const agree = (ours: Pair, peers: Pair): unknown =>
    computeNow({
      kind: 'agree',
      group,
      privateKey: privateKey(curve, ours),
      publicKey: hex(`04${peers.x}${peers.y}`),
    });

  it(`gives the secret of ${source} to both`, () => {
    expect(agree(one, other)).toEqual({ kind: 'agreed', secret: hex(secret) });
    expect(agree(other, one)).toEqual({ kind: 'agreed', secret: hex(secret) });
  });
});

describe('agreeing in x25519', () => {
  it('gives the secret of RFC 7748 §6.1', () => {
    const d = base64url('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb');
    const x = base64url('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f');
    const ours = createPrivateKey({ key: { kty: 'OKP', crv: 'X25519', d, x }, format: 'jwk' });
    const peers = hex('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a');
    expect(computeNow({ kind: 'agree', group: 'x25519', privateKey: ours, publicKey: peers })).toEqual({
      kind: 'agreed',
      secret: hex('4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742'),
    });
  });
});

/** An ECDSA signature (RFC 8422 §5.4): a SEQUENCE of two INTEGERs. */
function signature(r: string, s: string): Buffer {
  const integer = (text: string): Buffer => {
    const octets = hex(text);
    const start = octets.findIndex((octet) => octet !== 0);
    const value = octets.subarray(start);
    const positive = (value[0] ?? 0) < 0x80 ? value : Buffer.concat([Uint8Array.of(0), value]);
    return Buffer.concat([Uint8Array.of(2, positive.length), positive]);
  };
  const content = Buffer.concat([integer(r), integer(s)]);
  return Buffer.concat([Uint8Array.of(0x30, content.length), content]);
}

interface Signed {
  readonly source: string;
  readonly group: GroupName;
  readonly scheme: SignatureScheme;
  readonly point: string;
  readonly message: string;
  readonly r: string;
  readonly s: string;
}

const P256 = {
  source: 'RFC 6979 §A.2.5',
  group: 'secp256r1',
  scheme: 'ecdsa_secp256r1_sha256',
  point: `60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6
    7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299`,
} as const;
const P384 = {
  source: 'RFC 6979 §A.2.6',
  group: 'secp384r1',
  scheme: 'ecdsa_secp384r1_sha384',
  point: `ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc13
    8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd2533264720`,
} as const;
const SIGNED: readonly Signed[] = [
  {
    ...P256,
    message: 'sample',
    r: 'efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716',
    s: 'f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8',
  },
  {
    ...P256,
    message: 'test',
    r: 'f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367',
    s: '019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083',
  },
  {
    ...P384,
    message: 'sample',
    r: '94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46',
    s: '99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8',
  },
];

describe.each(SIGNED)('$scheme of "$message" in $source', ({ group, scheme, point, message, r, s }) => {
  const verified = (data: string, proof: Uint8Array): unknown => {
    const publicKey = spkiOf(group, hex(`04${point}`));
    if (publicKey === undefined) throw new Error('no public key');
    return computeNow({ kind: 'verify', scheme, publicKey, data: Buffer.from(data), signature: proof });
  };

  it('is valid, and no other is', () => {
    const proof = signature(r, s);
    expect(verified(message, proof)).toEqual({ kind: 'verified', valid: true });
    expect(verified(`${message}.`, proof)).toEqual({ kind: 'verified', valid: false });
    expect(verified(message, signature(s, r))).toEqual({ kind: 'verified', valid: false });
    for (let i = 0; i < proof.length; i++) {
      const wrong = Uint8Array.from(proof);
      wrong[i] = (wrong[i] ?? 0) ^ 1;
      expect(verified(message, wrong), `octet ${i}`).not.toEqual({ kind: 'verified', valid: true });
    }
  });
});
