import { describe, expect, it } from 'vitest';
import { toRequest } from '../operations/request.ts';
import { type LwM2mPath, path, ROOT_PATH } from '../path.ts';
import { hex, prefixes, unhex } from '../testing.ts';
import { valueToJson } from '../value.ts';
import { decodeContent, encodeContent } from './codec.ts';
import { ContentFormat } from './content.ts';

const { lwm2mCbor, senmlCbor, senmlJson } = ContentFormat;
const utf8 = (text: string) => new TextEncoder().encode(text);

/** What a gateway sends of its own accord: values by the device that they are of, or what is wrong. */
function sent(format: number, bytes: Uint8Array, rootPath = '/') {
  const behind = (prefix: string) => (at: LwM2mPath) =>
    prefix === 'd01' && at === '/3/0/13' ? ('time' as const) : undefined;
  const decoded = decodeContent({ format, bytes, path: ROOT_PATH, rootPath, behind });
  if (!decoded.ok) return decoded.error.kind;
  return decoded.records.map(({ prefix = '', path: at, value }) => [prefix, at, value.type, valueToJson(value)]);
}

/** The example of the Gateway specification (§10). */
const TWO_DEVICES = 'a283636430310300a20069436f6d70616e79204109186483636430320300a20069436f6d70616e792042091841';
const ONE_DEVICE = 'a183636430310300a20069436f6d70616e792041091864';

describe('content of devices behind a gateway', () => {
  it('LC-4: the text before the ids of a key says whose values they are', () => {
    expect(sent(lwm2mCbor, unhex(TWO_DEVICES))).toEqual([
      ['d01', '/3/0/0', 'string', 'Company A'],
      ['d01', '/3/0/9', 'integer', 100],
      ['d02', '/3/0/0', 'string', 'Company B'],
      ['d02', '/3/0/9', 'integer', 65],
    ]);
    for (const cut of prefixes(unhex(TWO_DEVICES))) expect(sent(lwm2mCbor, cut)).toBe('truncated');
  });

  it('LC-4: one of them answers with its prefix or without, and writes with it', () => {
    const asked = { format: lwm2mCbor, path: path(3, 0), prefix: 'd01' };
    const decoded = decodeContent({ ...asked, bytes: unhex(ONE_DEVICE) });
    if (!decoded.ok) throw new Error(decoded.error.detail);
    expect(decoded.records.map(({ prefix, path: at }) => [prefix, at])).toEqual([
      [undefined, '/3/0/0'],
      [undefined, '/3/0/9'],
    ]);
    const bare = decodeContent({ ...asked, bytes: unhex('a1820300a20069436f6d70616e792041091864') });
    expect(bare).toEqual(decoded);
    const written = encodeContent({ ...asked, records: decoded.records });
    expect(written.ok && hex(written.bytes)).toBe(ONE_DEVICE);
  });

  it.each([
    ['who was not asked for any', '/', undefined, TWO_DEVICES],
    ['another device than was asked', '/3/0', 'd02', ONE_DEVICE],
  ])('refuses values of devices behind it from %s', (_, at, prefix, payload) => {
    const asked = at === '/' ? ROOT_PATH : path(3, 0);
    expect(decodeContent({ format: lwm2mCbor, path: asked, prefix, bytes: unhex(payload) })).toMatchObject({
      error: { kind: 'path', fault: 'peer' },
    });
  });

  it.each([
    ['a prefix within a path', 'a103a16364303101'],
    ['a prefix alone', 'a1816364303101'],
    ['a bare prefix as a key', 'a163643031a10301'],
  ])('refuses %s', (_, payload) => {
    expect(['path', 'malformed']).toContain(sent(lwm2mCbor, unhex(payload)));
  });

  it('SM-1: the prefix stands in SenML names after the alternate path, and types are those of its device', () => {
    const pack = utf8(
      '[{"bn":"/d01/3/0/","n":"9","v":100},{"n":"13","v":7},{"bn":"/d02/3/0/13","v":7},{"bn":"/3/0/9","v":1}]',
    );
    const values = [
      ['d01', '/3/0/9', 'integer', 100],
      ['d01', '/3/0/13', 'time', 7],
      ['d02', '/3/0/13', 'integer', 7],
      ['', '/3/0/9', 'integer', 1],
    ];
    expect(sent(senmlJson, pack)).toEqual(values);
    const below = utf8('[{"n":"/gw/d01/3/0/9","v":100},{"n":"/gw/3/0/9","v":1}]');
    expect(sent(senmlJson, below, '/gw')).toEqual([values[0], values[3]]);
  });

  it.each(['/d01/', '/d01', '//3/0/9', '/a/b/3/0/9', 'd01/3/0/9'])('SM-1: refuses the name "%s"', (name) => {
    expect(sent(senmlJson, utf8(JSON.stringify([{ n: name, v: 1 }])))).toBe('path');
  });

  it('knows no prefixes where nobody is behind', () => {
    const bytes = utf8('[{"n":"/d01/3/0/9","v":1}]');
    expect(decodeContent({ format: senmlJson, bytes, path: ROOT_PATH })).toMatchObject({ error: { kind: 'path' } });
  });

  it('writes the prefix into the URI and into names or keys', () => {
    const records = [{ path: path(3, 0, 14), value: { type: 'string', value: 'Z' } as const }];
    const asked = { kind: 'writePartial', path: path(3, 0), records } as const;
    const inSenml = toRequest({ ...asked, format: senmlCbor }, '/gw/d01', 'd01');
    expect(inSenml).toMatchObject({ request: { path: ['gw', 'd01', '3', '0'] } });
    expect(inSenml.ok && hex(inSenml.request.payload)).toBe(`81a3216c${hex(utf8('/gw/d01/3/0/'))}0062313403615a`);
    const inCbor = toRequest({ ...asked, format: lwm2mCbor }, '/gw/d01', 'd01');
    expect(inCbor.ok && hex(inCbor.request.payload)).toBe('a1846364303103000e615a');
  });
});
