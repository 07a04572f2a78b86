import { createSecretKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage } from '../codec.ts';
import type { CoapMessage } from '../message.ts';
import { hex, toHex } from '../testing/harness.ts';
import { DEFAULT_AEAD, DEFAULT_HKDF } from './algorithms.ts';
import { encodeCbor, unwrapBytes } from './cbor.ts';
import { type OscoreParameters, oscoreObstacle, SecurityContext } from './context.ts';
import { joinMessage } from './inner-message.ts';
import { decodeOscoreValue, encodeOscoreValue, numberOf, partialIvOf } from './option-value.ts';
import { oscoreValueOf, protect, unprotect } from './protection.ts';

function message(text: string): CoapMessage {
  const decoded = decodeMessage(hex(text));
  if (!decoded.ok) throw new Error(decoded.error.detail);
  return decoded.message;
}

const masterSecret = createSecretKey(hex('0102030405060708090a0b0c0d0e0f10'));
const common = { masterSecret, aead: DEFAULT_AEAD, hkdf: DEFAULT_HKDF };
const salted = { ...common, masterSalt: hex('9e7ca92223786340') };
const client = (parameters: Omit<OscoreParameters, 'senderId' | 'recipientId'>, senderId = '') => ({
  ...parameters,
  senderId: hex(senderId),
  recipientId: hex('01'),
});
const swapped = ({ senderId, recipientId, ...rest }: OscoreParameters): OscoreParameters => ({
  ...rest,
  senderId: recipientId,
  recipientId: senderId,
});

const C1 = client(salted);
const C2 = client({ ...common, masterSalt: new Uint8Array(0) }, '00');
const C3 = client({ ...salted, idContext: hex('37cbf3210017a2d3') });

/** RFC 8613 Appendix C.4–C.6: the keys of C.1–C.3, number 20. */
const requests: [string, OscoreParameters, string, string][] = [
  [
    'C.1 and C.4',
    C1,
    '44015d1f00003974396c6f63616c686f737483747631',
    '44025d1f00003974396c6f63616c686f7374620914ff612f1092f1776f1c1668b3825e',
  ],
  [
    'C.2 and C.5',
    C2,
    '440171c30000b932396c6f63616c686f737483747631',
    '440271c30000b932396c6f63616c686f737463091400ff4ed339a5a379b0b8bc731fffb0',
  ],
  [
    'C.3 and C.6',
    C3,
    '44012f8eef9bbf7a396c6f63616c686f737483747631',
    '44022f8eef9bbf7a396c6f63616c686f73746b19140837cbf3210017a2d3ff72cd7273fd331ac45cffbe55c3',
  ],
];

/** RFC 8613 Appendix C.7 and C.8: an answer to C.4, with the request's number and with its own. */
const PLAIN_ANSWER = '64455d1f00003974ff48656c6c6f20576f726c6421';
const answers: [string, string, string | undefined][] = [
  ['C.7', '64445d1f0000397490ffdbaad1e9a7e7b2a813d3c31524378303cdafae119106', undefined],
  ['C.8', '64445d1f00003974920100ff4d4c13669384b67354b2b6175ff4b8658c666a6cf88e', '00'],
];
const C4 = { kid: hex(''), partialIv: hex('14') };

/** What is opened of a protected message, in the clear. */
function opened(datagram: Uint8Array, parameters: OscoreParameters, response?: typeof C4): string | undefined {
  const decoded = decodeMessage(datagram);
  const value = decoded.ok ? oscoreValueOf(decoded.message) : undefined;
  if (!decoded.ok || !value) return undefined;
  const { kid = response ? parameters.recipientId : undefined, partialIv } = value;
  const own = kid && partialIv && { kid, partialIv };
  const binding = response ?? own;
  const nonceOf = own ?? response;
  if (!binding || !nonceOf) return undefined;
  const inner = unprotect(decoded.message, new SecurityContext(parameters), { binding, nonceOf });
  return inner && toHex(encodeMessage(joinMessage(inner, decoded.message)));
}

describe('OS-1, OS-2: the examples of RFC 8613 Appendix C', () => {
  it.each(requests)('%s: a request, both ways', (_name, parameters, plain, protectedRequest) => {
    const binding = { kid: parameters.senderId, partialIv: hex('14') };
    const { idContext } = parameters;
    const value = { ...binding, ...(idContext ? { kidContext: idContext } : {}) };
    const wire = protect(message(plain), new SecurityContext(parameters), { binding, nonceOf: binding, value });
    expect(toHex(wire)).toBe(protectedRequest);
    expect(opened(wire, swapped(parameters))).toBe(plain);
  });

  it.each(answers)('%s: an answer to C.4, both ways', (_name, protectedAnswer, partialIv) => {
    const own = partialIv === undefined ? undefined : hex(partialIv);
    const wire = protect(message(PLAIN_ANSWER), new SecurityContext(swapped(C1)), {
      binding: C4,
      nonceOf: own ? { kid: C1.recipientId, partialIv: own } : C4,
      value: own ? { partialIv: own } : {},
    });
    expect(toHex(wire)).toBe(protectedAnswer);
    expect(opened(wire, C1, C4)).toBe(PLAIN_ANSWER);
  });
});

describe('what was changed does not open', () => {
  const samples: [string, string, OscoreParameters, typeof C4 | undefined][] = [
    ...requests.map(([name, parameters, , wire]) => [name, wire, swapped(parameters), undefined] as const),
    ...answers.map(([name, wire]) => [name, wire, C1, C4] as const),
  ].map(([name, wire, parameters, response]) => [name, wire, parameters, response]);

  it.each(samples)('%s, cut at every byte', (_name, wire, parameters, response) => {
    const bytes = hex(wire);
    for (let end = 0; end < bytes.length; end++) {
      expect(opened(bytes.subarray(0, end), parameters, response), `${end} bytes`).toBeUndefined();
    }
  });

  it.each(samples)('%s, with any bit of option or ciphertext turned', (_name, wire, parameters, response) => {
    const { payload } = message(wire);
    const original = opened(hex(wire), parameters, response);
    const start = hex(wire).length - payload.length - 1;
    const optionAt = start - (oscoreLength(wire) ?? 0);
    for (let at = optionAt; at < hex(wire).length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const bytes = hex(wire);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
        const result = opened(bytes, parameters, response);
        // The ID context in the option says which keys to take; these are given here.
        if (at < start && parameters.idContext) continue;
        expect(result, `bit ${bit} of byte ${at}`).not.toBe(original);
      }
    }
  });
});

function oscoreLength(wire: string): number | undefined {
  return message(wire).options.find(({ number }) => number === 9)?.value.length;
}

describe('the option value (RFC 8613 §6.1)', () => {
  it.each([
    ['', {}],
    ['0914', { partialIv: '14', kid: '' }],
    ['091400', { partialIv: '14', kid: '00' }],
    ['19140837cbf3210017a2d3', { partialIv: '14', kidContext: '37cbf3210017a2d3', kid: '' }],
    ['0100', { partialIv: '00' }],
    ['05ffffffffff', { partialIv: 'ffffffffff' }],
    ['1001aa', { kidContext: 'aa' }],
    ['1800', { kidContext: '', kid: '' }],
  ])('%s', (wire, fields) => {
    const value = Object.fromEntries(Object.entries(fields).map(([name, text]) => [name, hex(text)]));
    expect(toHex(encodeOscoreValue(value))).toBe(wire);
    expect(decodeOscoreValue(hex(wire))).toEqual(value);
  });

  it.each(['00', '0000', '2914', '4914', '8914', '0614', '0714', '01', '0a14', '10', '1002aa', '020014', '0114ff'])(
    'is refused: %s',
    (wire) => expect(decodeOscoreValue(hex(wire))).toBeUndefined(),
  );

  it('writes numbers without zeros in front', () => {
    for (const [number, text] of [
      [0, '00'],
      [255, 'ff'],
      [256, '0100'],
      [2 ** 40 - 1, 'ffffffffff'],
    ] as const) {
      expect(toHex(partialIvOf(number))).toBe(text);
      expect(numberOf(hex(text))).toBe(number);
    }
  });
});

describe('algorithms', () => {
  it.each([1, 2, 3, 10, 11, 12, 13, 24, 30, 31, 32, 33])('AEAD %i seals and opens', (aead) => {
    const parameters = { ...C1, aead };
    const [, , plain = ''] = requests[0] ?? [];
    const wire = protect(message(plain), new SecurityContext(parameters), {
      binding: C4,
      nonceOf: C4,
      value: C4,
    });
    expect(opened(wire, swapped(parameters))).toBe(plain);
    expect(opened(wire, swapped({ ...parameters, hkdf: -11 }))).toBeUndefined();
  });

  it.each([
    ['an unknown AEAD', { aead: 4 }, 'AEAD'],
    ['an unknown HMAC', { hkdf: 6 }, 'HMAC'],
    ['an id that the nonce has no room for', { senderId: new Uint8Array(8) }, '7 bytes'],
    ['the same for a short nonce', { aead: 12, senderId: new Uint8Array(2) }, '1 bytes'],
    ['equal ids', { senderId: hex('01') }, 'same'],
  ])('%s is an obstacle', (_name, change, words) => {
    expect(oscoreObstacle({ ...C1, ...change })).toContain(words);
    expect(() => new SecurityContext({ ...C1, ...change })).toThrow(words);
  });
});

describe('CBOR', () => {
  it.each<[Parameters<typeof encodeCbor>[0], string]>([
    [0, '00'],
    [23, '17'],
    [24, '1818'],
    [256, '190100'],
    [-1, '20'],
    [-25, '3818'],
    [null, 'f6'],
    ['Key', '634b6579'],
    [[1, [10], new Uint8Array(0)], '8301810a40'],
  ])('%j', (value, wire) => expect(toHex(encodeCbor(value))).toBe(wire));

  it('unwraps one byte string and nothing else', () => {
    for (const length of [0, 1, 23, 24, 255]) {
      const bytes = new Uint8Array(length).fill(7);
      expect(unwrapBytes(encodeCbor(bytes))).toEqual(bytes);
      expect(unwrapBytes(Uint8Array.from([...encodeCbor(bytes), 0]))).toBeUndefined();
    }
    for (const wrong of ['', '01', '41', '5801aa', '590001aa', '61aa']) expect(unwrapBytes(hex(wrong))).toBeUndefined();
  });
});
