import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LwM2mPath, path } from '../path.ts';
import { anyValue } from '../testing.ts';
import { equalValues, type Value } from '../value.ts';
import { decodeContent, encodeContent } from './codec.ts';
import { ContentFormat, type ResourceRecord } from './content.ts';

const id = fc.integer({ min: 0, max: 65_534 });

/** Records of one object instance: single resources and resource instances, each path once. */
const anyRecords: fc.Arbitrary<readonly ResourceRecord[]> = fc
  .uniqueArray(fc.tuple(id, fc.option(id), anyValue), { selector: ([resource]) => resource, maxLength: 12 })
  .map((rows) =>
    rows.map(([resource, instance, value]) => ({
      path: instance === null ? path(9, 0, resource) : path(9, 0, resource, instance),
      value,
    })),
  );

function typesOf(records: readonly ResourceRecord[]) {
  const types = new Map(records.map((record) => [record.path, record.value.type]));
  return (at: LwM2mPath) => types.get(at);
}

const same = (a: Value | undefined, b: Value): boolean => a !== undefined && equalValues(a, b);

describe('content that was written', () => {
  const { tlv, json, senmlJson, senmlCbor, senmlEtchJson, senmlEtchCbor, lwm2mCbor } = ContentFormat;
  const structured = [tlv, json, senmlJson, senmlCbor, senmlEtchJson, senmlEtchCbor, lwm2mCbor];
  for (const format of structured) {
    for (const base of [path(9), path(9, 0)]) {
      it(`is read as the same records: format ${format} at ${base}`, () => {
        fc.assert(
          fc.property(anyRecords, (records) => {
            const encoded = encodeContent({ format, path: base, records });
            if (!encoded.ok) throw new Error(encoded.error.detail);
            const decoded = decodeContent({ format, path: base, bytes: encoded.bytes, resourceType: typesOf(records) });
            if (!decoded.ok) throw new Error(decoded.error.detail);
            expect(decoded.records.map((record) => record.path)).toEqual(records.map((record) => record.path));
            expect(records.every(({ value }, index) => same(decoded.records[index]?.value, value))).toBe(true);
          }),
        );
      });
    }
  }

  it.each([ContentFormat.text, ContentFormat.cbor])('is read as the same value: format %i', (format) => {
    const at = path(9, 0, 1);
    fc.assert(
      fc.property(anyValue, (value) => {
        const encoded = encodeContent({ format, path: at, records: [{ path: at, value }] });
        if (!encoded.ok) throw new Error(encoded.error.detail);
        const decoded = decodeContent({ format, path: at, bytes: encoded.bytes, resourceType: () => value.type });
        expect(decoded.ok && same(decoded.records[0]?.value, value)).toBe(true);
      }),
    );
  });

  it.each([ContentFormat.senmlJson, ContentFormat.senmlCbor])(
    'SM-3: keeps times and their order: format %i',
    (format) => {
      const at = path(9, 0, 1);
      const times = fc.array(fc.oneof(fc.maxSafeInteger(), fc.double({ noNaN: true, noDefaultInfinity: true })));
      fc.assert(
        fc.property(times, (all) => {
          const records = all.map(
            (time): ResourceRecord => ({ path: at, value: { type: 'boolean', value: true }, time }),
          );
          const encoded = encodeContent({ format, path: at, records });
          if (!encoded.ok) throw new Error(encoded.error.detail);
          const decoded = decodeContent({ format, path: at, bytes: encoded.bytes });
          expect(decoded.ok && decoded.records.map(({ time }) => (time ?? Number.NaN) + 0)).toEqual(
            all.map((time) => time + 0),
          );
        }),
      );
    },
  );

  it('keeps its type without a definition where the format has types', () => {
    const at = path(9, 0, 1);
    const typed = anyValue.filter(({ type }) => ['integer', 'float', 'boolean', 'opaque', 'string'].includes(type));
    fc.assert(
      fc.property(
        typed,
        fc.constantFrom(ContentFormat.senmlCbor, ContentFormat.senmlJson, ContentFormat.cbor),
        (value, format) => {
          const encoded = encodeContent({ format, path: at, records: [{ path: at, value }] });
          if (!encoded.ok) throw new Error(encoded.error.detail);
          const decoded = decodeContent({ format, path: at, bytes: encoded.bytes });
          expect(decoded.ok && same(decoded.records[0]?.value, value)).toBe(true);
        },
      ),
    );
  });
});
