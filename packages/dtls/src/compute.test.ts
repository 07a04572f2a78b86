import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { GROUP_NAMES, GROUPS, type GroupName, isEcdsaKey, schemeOfKey, spkiOf } from './algorithms.ts';
import { ComputePool, type CryptoResult, type CryptoTask, computeNow } from './compute.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const roomy = (): ComputePool => new ComputePool({ concurrency: 2, queue: 10 });
const onPool = (task: CryptoTask, pool = roomy()): Promise<CryptoResult> =>
  new Promise((resolve) => pool.run(task, resolve));

/** At once, and on the pool: both have to come to the same. */
const WAYS: readonly [string, (task: CryptoTask) => Promise<CryptoResult>][] = [
  ['at once', async (task) => computeNow(task)],
  ['on the pool', (task) => onPool(task)],
];

async function generate(run: (task: CryptoTask) => Promise<CryptoResult>, group: GroupName) {
  const result = await run({ kind: 'generate', group });
  if (result.kind !== 'generated') throw new Error(result.kind);
  return result;
}

describe.each(WAYS)('cryptography %s', (_, run) => {
  it.each(GROUP_NAMES)('agrees on %s', async (group) => {
    const [a, b] = [await generate(run, group), await generate(run, group)];
    expect(a.publicKey).toHaveLength(GROUPS[group].publicKeyLength);
    const ours = await run({ kind: 'agree', group, privateKey: a.privateKey, publicKey: b.publicKey });
    const theirs = await run({ kind: 'agree', group, privateKey: b.privateKey, publicKey: a.publicKey });
    expect(ours).toEqual(theirs);
    expect(ours).toMatchObject({ kind: 'agreed' });
  });

  it.each(GROUP_NAMES)('takes no key that is not one of %s', async (group) => {
    const { privateKey, publicKey } = await generate(run, group);
    const bad: Uint8Array[] = [publicKey.subarray(1), Buffer.concat([publicKey, Buffer.alloc(1)]), new Uint8Array(0)];
    if (group === 'x25519') {
      bad.push(Buffer.alloc(32), Buffer.alloc(32).fill(1, 0, 1));
    } else {
      const off = Uint8Array.from(publicKey);
      off[off.length - 1] = (off.at(-1) ?? 0) ^ 1;
      const compressed = Uint8Array.from(publicKey);
      compressed[0] = 2;
      bad.push(off, compressed, Buffer.alloc(publicKey.length, 4));
    }
    for (const one of bad) {
      expect(await run({ kind: 'agree', group, privateKey, publicKey: one })).toEqual({
        kind: 'failed',
        reason: 'invalid',
      });
    }
  });

  it.each([
    ['ecdsa_secp256r1_sha256', 'P-256'],
    ['ecdsa_secp384r1_sha384', 'P-384'],
  ] as const)('signs and verifies with %s', async (scheme, namedCurve) => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    expect(schemeOfKey(privateKey)).toBe(scheme);
    expect(isEcdsaKey(spki)).toBe(true);
    expect(isEcdsaKey(generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' }))).toBe(false);
    const data = Buffer.from('what was said');
    const signed = await run({ kind: 'sign', scheme, privateKey, data });
    if (signed.kind !== 'signed') throw new Error(signed.kind);
    const { signature } = signed;
    const verify = (changes: object) => run({ kind: 'verify', scheme, publicKey: spki, data, signature, ...changes });
    expect(await verify({})).toEqual({ kind: 'verified', valid: true });
    expect(await verify({ data: Buffer.from('what was not') })).toEqual({ kind: 'verified', valid: false });
    expect(await verify({ signature: signature.subarray(1) })).toEqual({ kind: 'verified', valid: false });
    expect(await verify({ publicKey: spki.subarray(1) })).toEqual({ kind: 'failed', reason: 'invalid' });
  });
});

describe('P-256', () => {
  // RFC 5903 §8.1.
  it('agrees on the published secret', () => {
    const x = hex('dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180');
    const y = hex('5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3');
    const d = hex('c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433');
    const url = (bytes: Buffer): string => bytes.toString('base64url');
    const jwk = { kty: 'EC', crv: 'P-256', x: url(x), y: url(y), d: url(d) };
    const privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
    const theirs = Buffer.concat([
      hex('04d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63'),
      hex('56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab'),
    ]);
    const result = computeNow({ kind: 'agree', group: 'secp256r1', privateKey, publicKey: theirs });
    const secret = hex('d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de');
    expect(result).toEqual({ kind: 'agreed', secret });
    expect(spkiOf('secp256r1', theirs)).toHaveLength(91);
  });
});

describe('the pool', () => {
  it('does so many at a time, lets so many wait, and fails the others at once', async () => {
    const pool = new ComputePool({ concurrency: 1, queue: 2 });
    const results: string[] = [];
    const done = (result: CryptoResult): void => void results.push(result.kind);
    const all = new Promise<void>((resolve) => {
      for (let i = 0; i < 5; i++) {
        pool.run({ kind: 'generate', group: 'x25519' }, (result) => {
          done(result);
          if (results.length === 5) resolve();
        });
      }
    });
    expect(results).toEqual(['failed', 'failed']);
    expect(pool.waiting).toBe(2);
    await all;
    expect(results).toEqual(['failed', 'failed', 'generated', 'generated', 'generated']);
    expect(pool.waiting).toBe(0);
  });
});
