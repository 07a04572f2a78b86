import { describe, expect, it } from 'vitest';
import { type LwM2mPath, parsePath, ROOT_PATH } from '../path.ts';
import { prefixes, utf8 } from '../testing.ts';
import { type Value, valueToJson } from '../value.ts';
import { decodeContent, encodeContent } from './codec.ts';
import { ContentFormat } from './content.ts';

const pathOf = (text: string) => parsePath(text) ?? ROOT_PATH;

function read(text: string, base: string, format: number = ContentFormat.json) {
  const resourceType = (at: LwM2mPath) => (at === '/5/0/0' ? ('opaque' as const) : undefined);
  const decoded = decodeContent({ format, path: pathOf(base), bytes: utf8(text), resourceType });
  if (!decoded.ok) return decoded.error.kind;
  return decoded.records.map(({ path, value, time }) => [
    path,
    valueToJson(value),
    ...(time === undefined ? [] : [time]),
  ]);
}

const DEVICE =
  '{"bn":"/3/0/","e":[{"n":"0","sv":"Open Mobile Alliance"},{"n":"6/0","v":1},{"n":"6/1","v":5},{"n":"13","v":1367491215},{"n":"16","sv":"U"}]}';

describe('the JSON of LwM2M 1.0', () => {
  it.each([ContentFormat.json, ContentFormat.legacyJson])('reads the example of the specification as %i', (format) => {
    expect(read(DEVICE, '/3/0', format)).toEqual([
      ['/3/0/0', 'Open Mobile Alliance'],
      ['/3/0/6/0', 1],
      ['/3/0/6/1', 5],
      ['/3/0/13', 1367491215],
      ['/3/0/16', 'U'],
    ]);
  });

  it('reads no part of it', () => {
    for (const prefix of prefixes(utf8(DEVICE))) {
      expect(decodeContent({ format: ContentFormat.json, path: pathOf('/3/0'), bytes: prefix }).ok).toBe(false);
    }
  });

  it('reads times, links, truth values and opaque values', () => {
    expect(read('{"bn":"/72/1/2","bt":25462634,"e":[{"v":22.4,"t":-5},{"v":22.9}]}', '/72')).toEqual([
      ['/72/1/2', 22.4, 25462629],
      ['/72/1/2', 22.9, 25462634],
    ]);
    expect(read('{"e":[{"n":"0","ov":"66:0"},{"n":"1","bv":true}]}', '/65/0')).toEqual([
      ['/65/0/0', '66:0'],
      ['/65/0/1', true],
    ]);
    expect(read('{"bn":"/5/0/0","e":[{"sv":"AQID"}]}', '/5/0/0')).toEqual([['/5/0/0', 'AQID']]);
  });

  it('reads names without a base from the path that was asked for, and the bare array', () => {
    expect(read('{"e":[{"n":"","v":5}]}', '/3/0/9')).toEqual([['/3/0/9', 5]]);
    expect(read('[{"bn":"/","n":"1/0/2","v":101},{"n":"1/0/3","v":9007199254740993}]', '/1')).toEqual([
      ['/1/0/2', 101],
      ['/1/0/3', '9007199254740993'],
    ]);
  });

  it.each([
    ['a value twice', '{"bn":"/3/0/9","e":[{"v":1,"sv":"1"}]}', 'malformed'],
    ['no list', '{"bn":"/3/0/9"}', 'malformed'],
    ['a leading zero', '[{"n":"/3/0/9","v":0101}]', 'malformed'],
    ['text where a number is due', '{"bn":"/3/0/9","e":[{"v":"1"}]}', 'value'],
    ['no path', '{"bn":"/3/x","e":[{"v":1}]}', 'path'],
    ['another path', '{"bn":"/1/0/1","e":[{"v":1}]}', 'path'],
  ])('refuses %s', (_, text, kind) => {
    expect(read(text, '/3')).toBe(kind);
  });

  it('writes the example of the specification', () => {
    const decoded = decodeContent({ format: ContentFormat.json, path: pathOf('/3/0'), bytes: utf8(DEVICE) });
    const records = decoded.ok ? decoded.records : [];
    const encoded = encodeContent({ format: ContentFormat.json, path: pathOf('/3/0'), records });
    expect(encoded.ok && Buffer.from(encoded.bytes).toString()).toBe(DEVICE);
  });

  it('writes opaque values, links, times and truth, and names a single resource', () => {
    const write = (path: string, values: readonly (readonly [string, Value, number?])[]) => {
      const records = values.map(([at, value, time]) => ({
        path: pathOf(at),
        value,
        ...(time !== undefined && { time }),
      }));
      const encoded = encodeContent({ format: ContentFormat.json, path: pathOf(path), records });
      return encoded.ok && Buffer.from(encoded.bytes).toString();
    };
    expect(write('/5/0/0', [['/5/0/0', { type: 'opaque', value: Uint8Array.of(1, 2, 3) }]])).toBe(
      '{"bn":"/5/0/","e":[{"n":"0","sv":"AQID"}]}',
    );
    const link = { objectId: 66, instanceId: 0 };
    expect(
      write('/65', [
        ['/65/0/0', { type: 'objlnk', value: link }],
        ['/65/1/0', { type: 'boolean', value: true }, 5.5],
        ['/65/1/1', { type: 'none', value: null }],
      ]),
    ).toBe('{"bn":"/65/","e":[{"n":"0/0","ov":"66:0"},{"n":"1/0","bv":true,"t":5.5}]}');
  });
});
