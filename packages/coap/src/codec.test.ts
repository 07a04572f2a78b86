import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuzzPlan, seededRandom } from '../../../tooling/testing/fuzz.ts';
import { decodeMessage, encodeMessage, setMessageId } from './codec.ts';
import { Code } from './codes.ts';
import { type CoapMessage, contentFormat, MessageType } from './message.ts';
import { Option, option } from './options.ts';
import { hex, path, toHex } from './testing/harness.ts';

const text = (value: string) => new TextEncoder().encode(value);

/** A message and its bytes; each row is checked in both directions. */
const VECTORS: Record<string, { hex: string; message: CoapMessage }> = {
  'RFC 7252 figure 16, request': {
    hex: '40 01 7d34 bb 74656d7065726174757265',
    message: {
      type: MessageType.Confirmable,
      code: Code.Get,
      messageId: 0x7d34,
      token: hex(''),
      options: path('/temperature'),
      payload: text(''),
    },
  },
  'RFC 7252 figure 16, response': {
    hex: '60 45 7d34 ff 32322e332043',
    message: {
      type: MessageType.Acknowledgement,
      code: Code.Content,
      messageId: 0x7d34,
      token: hex(''),
      options: [],
      payload: text('22.3 C'),
    },
  },
  'Execute /1/0/8': {
    hex: '44 02 b60b 2161fb63 b131 0130 0138',
    message: {
      type: MessageType.Confirmable,
      code: Code.Post,
      messageId: 46603,
      token: hex('2161fb63'),
      options: path('/1/0/8'),
      payload: text(''),
    },
  },
  'empty ACK': {
    hex: '60 00 ffff',
    message: { type: 2, code: 0, messageId: 0xffff, token: hex(''), options: [], payload: text('') },
  },
  'notification with both extensions': {
    hex: '58 45 0001 0102030405060708 62 0102 62 2d16 d1 eb 07 51 01 ff 00',
    message: {
      type: MessageType.NonConfirmable,
      code: Code.Content,
      messageId: 1,
      token: hex('0102030405060708'),
      options: [
        option(Option.Observe, 0x0102),
        option(Option.ContentFormat, 11542),
        { number: 12 + 13 + 0xeb, value: hex('07') },
        { number: 12 + 13 + 0xeb + 5, value: hex('01') },
      ],
      payload: hex('00'),
    },
  },
};

describe('CO-1: message codec', () => {
  it.each(Object.entries(VECTORS))('%s', (_name, { hex: wire, message }) => {
    expect(toHex(encodeMessage(message))).toBe(wire.replaceAll(' ', ''));
    expect(decodeMessage(hex(wire))).toEqual({ ok: true, message });
  });

  it.each(Object.entries(VECTORS))('%s, cut at every byte', (_name, { hex: wire }) => {
    const bytes = hex(wire);
    for (let length = 0; length < bytes.length; length++) {
      const prefix = bytes.slice(0, length);
      const result = decodeMessage(prefix);
      if (result.ok) expect(encodeMessage(result.message)).toEqual(prefix);
      else expect(result.error.offset).toBeLessThanOrEqual(length);
    }
  });

  const MALFORMED = [
    ['', 'truncated', 0],
    ['40', 'truncated', 1],
    ['40017d', 'truncated', 3],
    ['00017d34', 'version', 0],
    ['80017d34', 'version', 0],
    ['c0', 'version', 0],
    ['49017d34010203040506070809', 'token-length', 0],
    ['4f017d34', 'token-length', 0],
    ['42017d3401', 'truncated', 5],
    ['41000001aa', 'empty-message', 4],
    ['40000001ff00', 'empty-message', 4],
    ['40017d34ff', 'empty-payload', 4],
    ['40017d34b161ff', 'empty-payload', 6],
    ['40017d34f0', 'option-header', 4],
    ['40017d340f', 'option-header', 4],
    ['40017d34b161f1', 'option-header', 6],
    ['40017d34d0', 'truncated', 5],
    ['40017d34e001', 'truncated', 6],
    ['40017d340d', 'truncated', 5],
    ['40017d340eff', 'truncated', 6],
    ['40017d34b261', 'truncated', 6],
    ['40017d34e0fef3', 'option-number', 4],
  ] as const;

  it.each(MALFORMED)('refuses %s as %s at byte %i', (wire, kind, offset) => {
    const result = decodeMessage(hex(wire));
    expect(result).toMatchObject({ ok: false, error: { kind, offset } });
  });

  it('tells type and message id of a malformed message whose header can be read', () => {
    expect(decodeMessage(hex('5f017d34'))).toMatchObject({ error: { header: { type: 1, messageId: 0x7d34 } } });
    expect(decodeMessage(hex('80017d34'))).not.toHaveProperty('error.header');
    expect(decodeMessage(hex('40017d'))).not.toHaveProperty('error.header');
  });

  it('carries the extremes of option numbers and lengths', () => {
    const sizes = [0, 12, 13, 268, 269, 65535 + 269];
    for (const length of sizes) {
      for (const number of [1, 12, 13, 268, 269, 65535]) {
        const message = { ...VECTORS['empty ACK']!.message, code: Code.Get };
        const options = [{ number, value: new Uint8Array(length).fill(7) }];
        const decoded = decodeMessage(encodeMessage({ ...message, options }));
        expect(decoded.ok && decoded.message.options.map((o) => [o.number, o.value.length])).toEqual([
          [number, length],
        ]);
      }
    }
  });

  it('refuses to encode what no message can hold', () => {
    const { message } = VECTORS['RFC 7252 figure 16, request']!;
    expect(() => encodeMessage({ ...message, token: new Uint8Array(9) })).toThrow(RangeError);
    expect(() => encodeMessage({ ...message, options: [{ number: 65536, value: hex('') }] })).toThrow(RangeError);
    const value = new Uint8Array(65535 + 270);
    expect(() => encodeMessage({ ...message, options: [{ number: 1, value }] })).toThrow(RangeError);
  });

  it('sorts options by number and keeps the order of equal ones', () => {
    const { message } = VECTORS['RFC 7252 figure 16, request']!;
    const options = [...path('/b/a'), option(Option.Observe, 0), ...path('/c')];
    const decoded = decodeMessage(encodeMessage({ ...message, options }));
    expect(decoded.ok && decoded.message.options).toEqual([option(Option.Observe, 0), ...path('/b/a/c')]);
  });

  it('fills in a message id afterwards', () => {
    const bytes = encodeMessage(VECTORS['RFC 7252 figure 16, request']!.message);
    setMessageId(bytes, 0xbeef);
    expect(decodeMessage(bytes)).toMatchObject({ message: { messageId: 0xbeef } });
  });

  it('decodes what it encoded', () => {
    const messages = fc.record({
      type: fc.constantFrom(0, 1, 2, 3),
      code: fc.integer({ min: 1, max: 255 }),
      messageId: fc.integer({ min: 0, max: 65535 }),
      token: fc.uint8Array({ maxLength: 8 }),
      options: fc.array(
        fc.record({ number: fc.integer({ min: 0, max: 65535 }), value: fc.uint8Array({ maxLength: 300 }) }),
      ),
      payload: fc.uint8Array({ maxLength: 300 }),
    });
    fc.assert(
      fc.property(messages, (message) => {
        const options = message.options.toSorted((a, b) => a.number - b.number);
        expect(decodeMessage(encodeMessage(message))).toEqual({ ok: true, message: { ...message, options } });
      }),
    );
  });

  it('keeps no datagram alive, however many options it has', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const held = (): number => {
      collect();
      // Memory is given back in the background: the second time waits for that.
      collect();
      return process.memoryUsage().arrayBuffers;
    };
    const before = held();
    // Each has one option less than the one before, of one byte.
    for (let options = 1000; options > 0; options--) {
      const datagram = new Uint8Array(32 * 1024).fill(1);
      datagram.set([0x40, Code.Get]);
      datagram[4 + 2 * options] = 0xff;
      const decoded = decodeMessage(datagram);
      if (!decoded.ok || decoded.message.options.length !== options) expect.fail(`not read: ${options} options`);
    }
    expect(held() - before).toBeLessThan(4 * 1024 * 1024);
  });

  it('keeps nothing of a datagram in the short options that messages have in common', () => {
    const formatted = (format: number): Buffer => Buffer.from([0x40, Code.Get, 0, 1, 0xc2, format >> 8, format & 0xff]);
    const read = (datagram: Uint8Array): number | undefined => {
      const decoded = decodeMessage(datagram);
      return decoded.ok ? contentFormat(decoded.message) : undefined;
    };
    const datagram = formatted(11542);
    expect(read(datagram)).toBe(11542);
    datagram.fill(0xff, 5);
    expect(read(datagram)).toBe(0xffff);
    for (let format = 0xff00; format >= 256; format -= 37) expect(read(formatted(format))).toBe(format);
    expect(read(formatted(11542))).toBe(11542);
    expect(read(Buffer.from([0x40, Code.Get, 0, 1, 0xc1, 42]))).toBe(42);
    expect(read(Buffer.from([0x40, Code.Get, 0, 1, 0xc2, 0, 42]))).toBe(42);
  });

  it('meets any bytes with a typed error or a message of exactly these bytes', () => {
    const { seed, runs } = fuzzPlan('coap codec');
    const random = seededRandom(seed);
    const wires = Object.values(VECTORS).map(({ hex: wire }) => hex(wire));
    for (let run = 0; run < runs; run++) {
      const base = wires[Math.floor(random() * wires.length)] ?? hex('');
      const bytes = random() < 0.3 ? new Uint8Array(Math.floor(random() * 40)) : base.slice();
      const changes = random() < 0.3 ? bytes.length : 1 + Math.floor(random() * 3);
      for (let i = 0; i < changes; i++) bytes[Math.floor(random() * bytes.length)] = random() * 256;
      const result = decodeMessage(bytes);
      const ok = result.ok
        ? toHex(encodeMessage(result.message)) === toHex(bytes)
        : result.error.offset <= bytes.length;
      if (!ok) expect.fail(`run ${run}: ${toHex(bytes)} gave ${JSON.stringify(result)}`);
    }
  });
});
