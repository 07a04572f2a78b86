import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DefinitionStore } from '../definitions/store.ts';
import { commonAncestor, parsePath, ROOT_PATH } from '../path.ts';
import { hex, unhex } from '../testing.ts';
import { type Value, valueToJson } from '../value.ts';
import { decodeContent, encodeContent } from './codec.ts';
import { ContentFormat, type ResourceRecord } from './content.ts';
import { KnownPacks } from './known-packs.ts';

const format = ContentFormat.senmlCbor;
const resourceType = new DefinitionStore().resourceTypes();
const decode = (bytes: Uint8Array) => decodeContent({ format, bytes, path: ROOT_PATH, resourceType });
/** As it is decoded if it is not known, and learned then. */
const meet = (bytes: Uint8Array, packs: KnownPacks) => {
  const decoded = decode(bytes);
  if (!packs.read(bytes) && decoded.ok) packs.learn(bytes, decoded.records, resourceType);
  return decoded;
};
const columnsOf = (records: readonly ResourceRecord[]) => ({
  form: {
    paths: records.map(({ path }) => path),
    types: records.map(({ value }) => value.type),
    within: commonAncestor(records.map(({ path }) => path)),
    objectIds: [...new Set(records.map(({ path }) => Number(path.split('/')[1])))],
  },
  values: records.map(({ value }) => valueToJson(value)),
});
const record = (path: string, value: Value): ResourceRecord => ({ path: parsePath(path) ?? ROOT_PATH, value });
const encoded = (records: readonly ResourceRecord[]): Uint8Array => {
  const result = encodeContent({ format, path: ROOT_PATH, records });
  if (!result.ok) throw new Error(result.error.detail);
  return result.bytes;
};
/** Battery, voltage, name, and a resource that no definition knows. */
const told = (level: number, voltage: number, name: string, own: Value) =>
  encoded([
    record('/3/0/9', { type: 'integer', value: level }),
    record('/3/0/7/0', { type: 'integer', value: voltage }),
    record('/3/0/0', { type: 'string', value: name }),
    record('/9999/0/1', own),
  ]);

describe('packs that are known', () => {
  it('are read as any other, whatever their values', () => {
    const own = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((value): Value => ({ type: 'float', value })),
      fc.boolean().map((value): Value => ({ type: 'boolean', value })),
      fc.string().map((value): Value => ({ type: 'string', value })),
      fc.uint8Array({ maxLength: 40 }).map((value): Value => ({ type: 'opaque', value })),
      fc.constant<Value>({ type: 'objlnk', value: { objectId: 3, instanceId: 0 } }),
    );
    const packs = new KnownPacks();
    fc.assert(
      fc.property(fc.nat(), fc.integer(), fc.string({ maxLength: 300 }), own, (level, voltage, name, value) => {
        const bytes = told(level, voltage, name, value);
        const plain = meet(bytes, packs);
        expect(packs.read(bytes)).toEqual(plain.ok && columnsOf(plain.records));
      }),
    );
  });

  it('are read as any other where a byte is changed, or the end is missing', () => {
    const packs = new KnownPacks();
    const bytes = told(80, 3800, 'truck', { type: 'boolean', value: true });
    meet(bytes, packs);
    const same = (changed: Uint8Array) => {
      const plain = decode(changed);
      const known = packs.read(changed);
      if (known) expect(known, hex(changed)).toEqual(plain.ok && columnsOf(plain.records));
    };
    for (let length = 0; length < bytes.length; length++) same(bytes.slice(0, length));
    for (let index = 0; index < bytes.length; index++) {
      for (const byte of [0x00, 0x18, 0x21, 0x5f, 0x61, 0x7f, 0xa1, 0xc4, 0xf6, 0xf9, 0xff]) {
        const changed = bytes.slice();
        changed[index] = byte;
        same(changed);
      }
    }
    same(Uint8Array.of(...bytes, 0));
  });

  it('are not those with times, which differ each time, nor those that name nothing, nodes alone, or a node twice', () => {
    const packs = new KnownPacks();
    for (const [bytes, ok] of [
      // [], [{bn: "/3/0/9", bt: 1700000000, v: 80}], [{n: "/3/0/9"}], [{n: "/3/0/9", v: 80}, {n: "/3/0/9", v: 81}], [{n: "/3/0", v: 80}]
      ['80', true],
      ['81a321662f332f302f39221a6553f100021850', true],
      ['81a100662f332f302f39', true],
      ['82a200662f332f302f39021850a200662f332f302f39021851', true],
      ['81a200642f332f30021850', true],
    ] as const) {
      expect(meet(unhex(bytes), packs).ok).toBe(ok);
      expect(packs.read(unhex(bytes))).toBeUndefined();
    }
  });

  it('are few, the newest of them, and none is learned of whoever sends ever new ones', () => {
    const packs = new KnownPacks();
    const of = (id: number) => encoded([record(`/9999/${id}/1`, { type: 'integer', value: 1 })]);
    const known = (id: number) => packs.read(of(id)) !== undefined;
    for (let id = 0; id < 6; id++) meet(of(id), packs);
    expect([0, 1, 2, 3, 4, 5].map(known)).toEqual([false, false, true, true, true, true]);
    for (let id = 100; id < 200; id++) meet(of(id), packs);
    expect(known(199)).toBe(false);
    expect(known(131)).toBe(true);
    meet(of(200), packs);
    expect(known(200)).toBe(true);
    packs.forget();
    expect(known(200)).toBe(false);
  });
});
