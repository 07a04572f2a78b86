import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bootstrapInventory,
  encodeBootstrapPack,
  parseBootstrapPackQuery,
  parseBootstrapQuery,
  toBootstrapRequest,
} from './bootstrap.ts';
import { ContentFormat, type ResourceRecord } from './formats/content.ts';
import { discoveredNodes, parseLinks } from './link-format.ts';
import { path, ROOT_PATH } from './path.ts';
import { hex, utf8 } from './testing.ts';

describe('a Bootstrap-Request', () => {
  it('P40: names the endpoint and, since 1.1, the format it wants; both may be missing', () => {
    expect(parseBootstrapQuery(['ep=urn:dev:1', 'pct=112'])).toEqual({
      ok: true,
      endpoint: 'urn:dev:1',
      preferredFormat: 112,
    });
    expect(parseBootstrapQuery(['ep=truck-1'])).toEqual({ ok: true, endpoint: 'truck-1' });
    expect(parseBootstrapQuery(['x-vendor', 'b=U'])).toEqual({ ok: true });
  });

  it.each([
    [['ep='], 0x80],
    [['ep=a', 'ep=b'], 0x80],
    [[`ep=${'x'.repeat(253)}`], 0x80],
    [['ep=a\u0007'], 0x80],
    [['ep=a', 'pct=json'], 0x80],
    [['ep=a', 'pct=11543'], 0x8f],
    [Array.from({ length: 33 }, (_, index) => `x${index}`), 0x80],
  ])('%j is refused with %i', (query, code) => {
    expect(parseBootstrapQuery(query)).toMatchObject({ ok: false, error: { code } });
  });
});

describe('a Bootstrap-Pack-Request', () => {
  it('BS-8: names what the device keeps', () => {
    expect(parseBootstrapPackQuery(['ep=truck-1', 'acc=</0/0>,</21/0>'])).toEqual({
      ok: true,
      endpoint: 'truck-1',
      kept: ['/0/0', '/21/0'],
    });
    expect(parseBootstrapPackQuery([])).toEqual({ ok: true, kept: [] });
    expect(parseBootstrapPackQuery(['acc=</0/0'])).toMatchObject({ ok: false, error: { code: 0x80 } });
  });
});

describe('whatever a stranger writes in a query', () => {
  const part = fc.oneof(
    fc.string(),
    fc.tuple(fc.constantFrom('ep', 'pct', 'acc', 'x'), fc.string()).map(([name, value]) => `${name}=${value}`),
  );

  it('is read or refused, and never thrown', () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 40 }), (query) => {
        for (const read of [parseBootstrapQuery(query), parseBootstrapPackQuery(query)]) {
          if (!read.ok) expect([0x80, 0x8f]).toContain(read.error.code);
          else if (read.endpoint !== undefined) expect(query).toContain(`ep=${read.endpoint}`);
        }
      }),
    );
  });
});

describe('what a bootstrap server asks', () => {
  const identity: ResourceRecord = { path: path(0, 1, 3), value: { type: 'opaque', value: utf8('id') } };

  it('BS-1: goes to the root of the device, whatever its alternate path', () => {
    const empty = new Uint8Array();
    expect(toBootstrapRequest({ kind: 'discover', path: ROOT_PATH })).toEqual({
      ok: true,
      request: { method: 'GET', path: [], accept: 40, payload: empty },
    });
    expect(toBootstrapRequest({ kind: 'delete', path: ROOT_PATH })).toEqual({
      ok: true,
      request: { method: 'DELETE', path: [], payload: empty },
    });
    expect(toBootstrapRequest({ kind: 'read', path: path(1), accept: 11542 })).toEqual({
      ok: true,
      request: { method: 'GET', path: ['1'], accept: 11542, payload: empty },
    });
    expect(toBootstrapRequest({ kind: 'finish' })).toEqual({
      ok: true,
      request: { method: 'POST', path: ['bs'], payload: empty },
    });
  });

  it('BS-9: names the content format of every write', () => {
    const write = (format: number) =>
      toBootstrapRequest({ kind: 'write', path: path(0, 1), format, records: [identity] });
    expect(write(ContentFormat.tlv)).toMatchObject({
      ok: true,
      request: {
        method: 'PUT',
        path: ['0', '1'],
        contentFormat: 11542,
        payload: Uint8Array.from([0xc2, 3, 0x69, 0x64]),
      },
    });
    const senml = write(ContentFormat.senmlJson);
    expect(senml.ok && new TextDecoder().decode(senml.request.payload)).toBe('[{"bn":"/0/1/","n":"3","vd":"aWQ"}]');
  });

  it('is refused where it makes no sense', () => {
    expect(toBootstrapRequest({ kind: 'read', path: path(1, 0, 1), accept: 112 }).ok).toBe(false);
    expect(toBootstrapRequest({ kind: 'delete', path: path(1, 0, 1) }).ok).toBe(false);
    expect(toBootstrapRequest({ kind: 'write', path: ROOT_PATH, format: 112, records: [identity] }).ok).toBe(false);
  });

  it('BS-8: a pack holds several objects', () => {
    const records: ResourceRecord[] = [
      { path: path(0, 1, 10), value: { type: 'integer', value: 1 } },
      { path: path(1, 0, 0), value: { type: 'integer', value: 1 } },
    ];
    const pack = encodeBootstrapPack(ContentFormat.senmlCbor, records);
    expect(pack.ok && hex(pack.bytes)).toBe('82a321612f0066302f312f31300201a20065312f302f300201');
    expect(encodeBootstrapPack(ContentFormat.tlv, records).ok).toBe(false);
  });
});

describe('what a device lists', () => {
  const inventory = (links: string) => {
    const parsed = parseLinks(links);
    return bootstrapInventory(parsed.ok ? discoveredNodes(parsed.links, ROOT_PATH) : []);
  };

  it('BS-4, BS-5: tells the bootstrap account by its missing short server id', () => {
    expect(
      inventory('</>;lwm2m=1.1,</0/0>;ssid=101;uri="coaps://a.example:5684",</0/1>,</1/0/>;ssid=101, </3/0>,</5>'),
    ).toEqual({
      version: '1.1',
      instances: [
        { objectId: 0, instanceId: 0, shortServerId: 101, uri: 'coaps://a.example:5684' },
        { objectId: 0, instanceId: 1 },
        { objectId: 1, instanceId: 0, shortServerId: 101 },
        { objectId: 3, instanceId: 0 },
      ],
    });
  });

  it('BS-5: says its version in the older form too, or not at all', () => {
    expect(inventory('lwm2m="1.0",</0/0>')).toMatchObject({ version: '1.0' });
    expect(inventory('</>;lwm2m=1.2.2').version).toBe('1.2');
    expect(inventory('</0/0>')).toEqual({ instances: [{ objectId: 0, instanceId: 0 }] });
  });
});
