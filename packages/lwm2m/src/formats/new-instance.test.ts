import { describe, expect, it } from 'vitest';
import { DefinitionStore } from '../definitions/store.ts';
import { path } from '../path.ts';
import { hex, prefixes, unhex, utf8 } from '../testing.ts';
import { ContentFormat } from './content.ts';
import { decodeNewInstance, encodeNewInstance, type NewInstance } from './new-instance.ts';

const { text, senmlCbor, senmlJson, tlv, lwm2mCbor } = ContentFormat;
const resourceType = new DefinitionStore().resourceTypes();
const integer = (value: number) => ({ type: 'integer', value }) as const;

/** A server account with an id of its own, and one for the device to number. */
const values = (instanceId: number) => [
  { path: path(1, instanceId, 0), value: integer(101) },
  { path: path(1, instanceId, 1), value: integer(300) },
];
const NUMBERED: NewInstance = { path: path(1), instanceId: 5, records: values(5) };
const UNNUMBERED: NewInstance = { path: path(1), records: values(0) };

describe('DM-4: the content of a Create', () => {
  it.each([
    ['TLV with the instance', tlv, NUMBERED, '0705c10065c201012c'],
    ['TLV without it', tlv, UNNUMBERED, 'c10065c201012c'],
    ['LwM2M CBOR with the instance', lwm2mCbor, NUMBERED, 'a1820105a20018650119012c'],
    ['LwM2M CBOR with 65535', lwm2mCbor, UNNUMBERED, 'a1820119ffffa20018650119012c'],
    ['SenML JSON', senmlJson, NUMBERED, hex(utf8('[{"bn":"/1/","n":"5/0","v":101},{"n":"5/1","v":300}]'))],
  ])('%s, both ways', (_, format, created, bytes) => {
    const made = encodeNewInstance(format, created);
    expect(made.ok && hex(made.bytes)).toBe(bytes);
    expect(decodeNewInstance({ format, bytes: unhex(bytes), path: path(1), resourceType })).toEqual({
      ok: true,
      created,
    });
  });

  it.each([
    ['TLV', tlv, 5, '0005'],
    ['TLV', tlv, undefined, ''],
    ['LwM2M CBOR', lwm2mCbor, 5, 'a1820105a0'],
    ['LwM2M CBOR', lwm2mCbor, undefined, 'a1820119ffffa0'],
  ])('%s of an instance without values (%s %s), both ways', (_, format, instanceId, bytes) => {
    const created: NewInstance = { path: path(1), records: [], ...(instanceId === undefined ? {} : { instanceId }) };
    const made = encodeNewInstance(format, created);
    expect(made.ok && hex(made.bytes)).toBe(bytes);
    expect(decodeNewInstance({ format, bytes: unhex(bytes), path: path(1), resourceType })).toEqual({
      ok: true,
      created,
    });
  });

  it.each([senmlCbor, senmlJson, text])('LC-2, SM-6: format %i has no form for an instance without id', (format) => {
    expect(encodeNewInstance(format, UNNUMBERED)).toMatchObject({ ok: false, error: { fault: 'caller' } });
  });

  it.each([
    ['two instances', tlv, '0305c100650306c10066'],
    ['another object', lwm2mCbor, 'a1840205000000'],
    ['two instances in LwM2M CBOR', lwm2mCbor, 'a101a205a100186506a1001866'],
    ['an instance with and one without id', lwm2mCbor, 'a101a205a100186519ffffa1001866'],
  ])('%s is refused', (_, format, bytes) => {
    expect(decodeNewInstance({ format, bytes: unhex(bytes), path: path(1), resourceType }).ok).toBe(false);
  });

  it.each([
    [tlv, '0705c10065c201012c'],
    [lwm2mCbor, 'a1820119ffffa20018650119012c'],
  ])('format %i, cut anywhere, never throws', (format, bytes) => {
    for (const prefix of prefixes(unhex(bytes))) {
      expect(() => decodeNewInstance({ format, bytes: prefix, path: path(1), resourceType })).not.toThrow();
    }
  });
});
