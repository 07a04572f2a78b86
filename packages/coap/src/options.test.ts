import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Code, code, codeKind, formatCode } from './codes.ts';
import {
  accept,
  block1,
  block2,
  contentFormat,
  locationPath,
  observeValue,
  optionValue,
  unservableOption,
  uriPath,
  uriQuery,
} from './message.ts';
import { type CoapOption, decodeBlock, decodeUint, encodeBlock, encodeUint, Option, option } from './options.ts';
import { hex, path, toHex } from './testing/harness.ts';

describe('codes', () => {
  it('are classes and details', () => {
    expect(Code.Continue).toBe(0x5f);
    expect(Code.RequestEntityIncomplete).toBe(0x88);
    expect(Code.RequestEntityTooLarge).toBe(0x8d);
    expect(Code.UnsupportedContentFormat).toBe(0x8f);
    expect([Code.Get, Code.Content, code(4, 4), code(7, 31)].map(formatCode)).toEqual(['0.01', '2.05', '4.04', '7.31']);
  });

  it('are sorted by class', () => {
    const kinds = [0, 1, code(0, 31), code(1, 0), code(2, 0), code(3, 1), code(5, 31), code(6, 0), code(7, 1)];
    expect(kinds.map(codeKind)).toEqual([
      'empty',
      'request',
      'request',
      'reserved',
      'response',
      'response',
      'response',
      'reserved',
      'reserved',
    ]);
  });
});

describe('option values', () => {
  it.each([
    [0, ''],
    [1, '01'],
    [255, 'ff'],
    [256, '0100'],
    [11542, '2d16'],
    [65536, '010000'],
    [0xffffff, 'ffffff'],
    [0xffffffff, 'ffffffff'],
  ])('the unsigned integer %i is %s', (value, wire) => {
    expect(toHex(encodeUint(value))).toBe(wire);
    expect(decodeUint(hex(wire))).toBe(value);
  });

  it('tolerates leading zeros', () => {
    expect(decodeUint(hex('000001'))).toBe(1);
  });

  it.each([
    [0, true, 6, '0e'],
    [0, false, 6, '06'],
    [1, true, 6, '1e'],
    [15, true, 6, 'fe'],
    [16, true, 6, '010e'],
    [0, false, 0, ''],
    [4095, false, 6, 'fff6'],
    [4096, false, 6, '010006'],
  ])('BL-1: block %i, more %s, exponent %i is %s (RFC 7959 §2.2)', (num, more, szx, wire) => {
    expect(toHex(encodeUint(encodeBlock({ num, more, szx })))).toBe(wire);
    expect(decodeBlock(decodeUint(hex(wire)))).toEqual({ num, more, szx });
  });

  it('has blocks of the size exponent for connections', () => {
    expect(decodeBlock(0x1f)).toEqual({ num: 1, more: true, szx: 7 });
  });

  it('round-trips text, ASCII or not', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), (value) => {
        expect(uriPath({ options: [option(Option.UriPath, value)] })).toEqual([value]);
      }),
    );
  });

  it('cannot be made longer or shorter than their definition allows', () => {
    expect(() => option(Option.UriPath, 'x'.repeat(256))).toThrow(RangeError);
    expect(() => option(Option.ETag, hex(''))).toThrow(RangeError);
    expect(() => option(Option.ContentFormat, 65536)).toThrow(RangeError);
    expect(option(Option.IfNoneMatch, undefined)).toEqual({ number: 5, value: hex('') });
  });
});

describe('option accessors', () => {
  const message = {
    options: [
      option(Option.Observe, 5),
      ...path('/rd/x1'),
      option(Option.ContentFormat, 40),
      option(Option.UriQuery, 'ep=a'),
      option(Option.UriQuery, 'Q'),
      option(Option.Accept, 112),
      option(Option.LocationPath, 'rd'),
      option(Option.Block2, encodeBlock({ num: 0, more: true, szx: 6 })),
      option(Option.Block1, encodeBlock({ num: 3, more: false, szx: 2 })),
    ],
  };

  it('read what is there', () => {
    expect(uriPath(message)).toEqual(['rd', 'x1']);
    expect(uriQuery(message)).toEqual(['ep=a', 'Q']);
    expect(locationPath(message)).toEqual(['rd']);
    expect([contentFormat(message), accept(message), observeValue(message)]).toEqual([40, 112, 5]);
    expect(block2(message)).toEqual({ num: 0, more: true, szx: 6 });
    expect(block1(message)).toEqual({ num: 3, more: false, szx: 2 });
  });

  it('say undefined where nothing is, or a value of illegal length', () => {
    expect(contentFormat({ options: [] })).toBeUndefined();
    expect(uriPath({ options: [] })).toEqual([]);
    expect(contentFormat({ options: [{ number: 12, value: hex('000028') }] })).toBeUndefined();
    expect(optionValue({ options: [{ number: 4, value: hex('') }] }, Option.ETag)).toBeUndefined();
  });
});

describe('critical options that cannot be served', () => {
  const unknown = (number: number): CoapOption => ({ number, value: hex('') });

  it.each<[string, CoapOption[], number | undefined]>([
    ['an unknown one', [unknown(65001)], 65001],
    ['an unknown one in the gaps of the table', [...path('/a'), unknown(25)], 25],
    ['one that needs an extension this core has not', [{ number: Option.Oscore.number, value: hex('') }], 9],
    ['one of illegal length', [{ number: Option.Accept.number, value: hex('010203') }], 17],
    ['one too many', [option(Option.Accept, 1), option(Option.Accept, 2)], 17],
    ['no unknown elective one', [unknown(65000), unknown(2)], undefined],
    ['no elective one of illegal length', [{ number: Option.ContentFormat.number, value: hex('010203') }], undefined],
    ['no repeatable one', path('/a/b/c'), undefined],
  ])('%s', (_name, options, found) => {
    const ordered = options.toSorted((a, b) => a.number - b.number);
    expect(unservableOption({ options: ordered })?.number).toBe(found);
  });

  it('knows every option by the number and bounds of its RFC', () => {
    const rows = Object.entries(Option).map(
      ([name, o]) => `${o.number} ${name} ${o.format} ${o.minLength}-${o.maxLength}${o.repeatable ? ' R' : ''}`,
    );
    expect(rows).toEqual([
      '1 IfMatch opaque 0-8 R',
      '3 UriHost string 1-255',
      '4 ETag opaque 1-8 R',
      '5 IfNoneMatch empty 0-0',
      '6 Observe uint 0-3',
      '7 UriPort uint 0-2',
      '8 LocationPath string 0-255 R',
      '9 Oscore opaque 0-255',
      '11 UriPath string 0-255 R',
      '12 ContentFormat uint 0-2',
      '14 MaxAge uint 0-4',
      '15 UriQuery string 0-255 R',
      '16 HopLimit uint 1-1',
      '17 Accept uint 0-2',
      '19 QBlock1 uint 0-3',
      '20 LocationQuery string 0-255 R',
      '21 Edhoc empty 0-0',
      '23 Block2 uint 0-3',
      '27 Block1 uint 0-3',
      '28 Size2 uint 0-4',
      '31 QBlock2 uint 0-3 R',
      '35 ProxyUri string 1-1034',
      '39 ProxyScheme string 1-255',
      '60 Size1 uint 0-4',
      '252 Echo opaque 1-40',
      '258 NoResponse uint 0-1',
      '292 RequestTag opaque 0-8 R',
    ]);
  });
});
