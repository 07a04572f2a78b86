import type { ResourceDefinition } from '@reeve/lwm2m';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDdf } from './ddf.ts';
import { modelLimits } from './limits.ts';
import { itemXml, objectXml } from './testing.ts';

function resourceOf(parts: Readonly<Record<string, string>>): ResourceDefinition | undefined {
  const read = readDdf(objectXml([itemXml(0, parts)]));
  if (!read.ok) throw new Error(JSON.stringify(read.mistakes));
  return read.definitions[0]?.resources.get(0);
}

function mistakesOf(xml: string): readonly { line: number; message: string }[] {
  const read = readDdf(xml);
  return read.ok ? [] : read.mistakes;
}

/** As a vendor would publish it, in the schema of LwM2M 1.1. */
const PUMP = `<?xml version="1.0" encoding="UTF-8"?>
<!-- of nobody -->
<LWM2M xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="LWM2M-v1_1.xsd">
  <Object ObjectType="MODefinition">
    <Name>Pump</Name>
    <Description1><![CDATA[Moves <water>.]]></Description1>
    <ObjectID>32770</ObjectID>
    <ObjectURN>urn:oma:lwm2m:x:32770:1.1</ObjectURN>
    <LWM2MVersion>1.1</LWM2MVersion>
    <ObjectVersion>1.1</ObjectVersion>
    <MultipleInstances>Multiple</MultipleInstances>
    <Mandatory>Optional</Mandatory>
    <Resources>
      <Item ID="0">
        <Name>Pressure</Name>
        <Operations>R</Operations>
        <MultipleInstances>Single</MultipleInstances>
        <Mandatory>Mandatory</Mandatory>
        <Type>Float</Type>
        <RangeEnumeration>-1.5..10.0</RangeEnumeration>
        <Units>bar</Units>
        <Description>${'How hard it presses. '.repeat(400)}</Description>
      </Item>
      <Item ID="26241">
        <Name>Stop &amp; drain</Name>
        <Operations>E</Operations>
        <MultipleInstances>Single</MultipleInstances>
        <Mandatory>Optional</Mandatory>
        <Type></Type>
        <RangeEnumeration></RangeEnumeration>
        <Units></Units>
        <Description></Description>
      </Item>
    </Resources>
    <Description2></Description2>
  </Object>
</LWM2M>
`;

describe('an object definition in XML', () => {
  it('gives names, types, operations, ranges and units', () => {
    expect(readDdf(PUMP)).toEqual({
      ok: true,
      definitions: [
        {
          id: 32_770,
          name: 'Pump',
          version: '1.1',
          multiple: true,
          mandatory: false,
          resources: new Map([
            [
              0,
              {
                id: 0,
                name: 'Pressure',
                operations: 'R',
                type: 'float',
                multiple: false,
                mandatory: true,
                range: [-1.5, 10],
                units: 'bar',
              },
            ],
            [
              26_241,
              {
                id: 26_241,
                name: 'Stop & drain',
                operations: 'E',
                type: 'none',
                multiple: false,
                mandatory: false,
              },
            ],
          ]),
        },
      ],
    });
  });

  it.each([
    ['says none', {}, '1.0'],
    ['has it in its URN', { ObjectURN: 'urn:oma:lwm2m:x:32770:2.3' }, '2.3'],
    ['has a URN without one', { ObjectURN: 'urn:oma:lwm2m:x:32770' }, '1.0'],
    ['says one that its URN does not', { ObjectVersion: '1.3', ObjectURN: 'urn:oma:lwm2m:x:32770:1.2' }, '1.3'],
    ['writes zeros', { ObjectVersion: '01.10' }, '1.10'],
  ])('that %s', (_, parts, version) => {
    const read = readDdf(objectXml([itemXml(0)], parts));
    expect(read.ok && read.definitions[0]?.version).toBe(version);
  });

  it('may stand beside others in one document', () => {
    const one = objectXml([itemXml(0)]);
    const both = one.replace(
      '</Object>',
      '</Object><Object><Name>B</Name><ObjectID>32771</ObjectID><Resources/></Object>',
    );
    const read = readDdf(both);
    expect(read.ok && read.definitions.map(({ id }) => id)).toEqual([32_770, 32_771]);
  });

  it('begins with a byte order mark', () => expect(readDdf(`\uFEFF${PUMP}`).ok).toBe(true));
});

describe('what authors are careless about', () => {
  it.each([
    ['Integer', 'integer'],
    ['INTEGER', 'integer'],
    ['Unsigned Integer', 'unsigned'],
    ['UnsignedInteger', 'unsigned'],
    ['Corelnk', 'corelnk'],
    [' Objlnk\n', 'objlnk'],
    ['boolean', 'boolean'],
  ])('type %j', (Type, type) => expect(resourceOf({ Type })?.type).toBe(type));

  it('a type on what is executed', () => {
    expect(resourceOf({ Operations: 'E', Type: 'String' })).toMatchObject({ operations: 'E', type: 'none' });
  });

  it.each([
    ['R', 'R'],
    ['WR', 'RW'],
    ['R,W', 'RW'],
    ['r', 'R'],
    ['', ''],
  ])('operations %j', (Operations, operations) => expect(resourceOf({ Operations })?.operations).toBe(operations));

  it.each([
    ['MultipleInstances', 'Multiple', { multiple: true }],
    ['MultipleInstances', 'multiple', { multiple: true }],
    ['MultipleInstances', '', { multiple: false }],
    ['Mandatory', 'MANDATORY', { mandatory: true }],
    ['Mandatory', 'Optional', { mandatory: false }],
    ['Mandatory', '', { mandatory: false }],
  ])('%s %j', (name, text, expected) => expect(resourceOf({ [name]: text })).toMatchObject(expected));

  it.each([
    ['0..255', [0, 255]],
    ['0-255', [0, 255]],
    ['0 to 100', [0, 100]],
    ['1..64 bytes', [1, 64]],
    ['1...63', [1, 63]],
    ['-24..24', [-24, 24]],
    ['-30..-120', [-120, -30]],
    ['0.000001..1.0', [0.000001, 1]],
    ['16,32,48', [16, 48]],
    ['0..3, 99', [0, 99]],
    ['0; 3.8..20.5', [0, 20.5]],
    ['', undefined],
    ['255', undefined],
    ['8-Bits', undefined],
    ['2 Instances', undefined],
    ['ON;OFF', undefined],
    ['<![CDATA[<7 to >12.5]]>', undefined],
    ['0: disabled', undefined],
  ])('range %j', (RangeEnumeration, range) => expect(resourceOf({ RangeEnumeration })?.range).toEqual(range));

  it('a range of what has none', () => {
    expect(resourceOf({ Type: 'Boolean', RangeEnumeration: '0..1' })?.range).toBeUndefined();
  });

  it.each([
    ['Cel', 'Cel'],
    [' /100 ', '/100'],
    ['', undefined],
    [`As said in the description of the sensor, ${'x'.repeat(40)}`, undefined],
  ])('unit %j', (Units, units) => expect(resourceOf({ Units })?.units).toBe(units));
});

describe('a definition that is wrong', () => {
  it.each([
    [{ Type: 'Colour' }, 'resource 0 has <Type> "Colour": it must be a data type of LwM2M, such as Integer'],
    [{ Type: '' }, 'resource 0 has no <Type>; only what is executed may leave it out'],
    [{ Operations: 'RX' }, 'resource 0 has <Operations> "RX": it must be R, W, RW, E or nothing'],
    [{ MultipleInstances: 'Some' }, 'resource 0 has <MultipleInstances> "Some": it must be Single or Multiple'],
    [{ Name: '' }, 'resource 0 needs a <Name> of 1 to 200 characters'],
  ])('%j says where and what must stand there', (parts, message) => {
    expect(mistakesOf(objectXml([itemXml(7), itemXml(0, parts)]))).toEqual([{ line: 5, message }]);
  });

  it.each([
    ['70000', 'resource 70000 needs an ID from 0 to 65534'],
    ['x', 'resource x needs an ID from 0 to 65534'],
    ['7', 'resource 7 is defined twice'],
  ])('resource id %s', (id, message) => {
    expect(mistakesOf(objectXml([itemXml(7), itemXml(id)]))).toEqual([{ line: 5, message }]);
  });

  it('tells every mistake at once', () => {
    const lines = mistakesOf(objectXml([itemXml(0, { Type: 'A' }), itemXml(1), itemXml(2, { Type: 'B' })]));
    expect(lines.map(({ line }) => line)).toEqual([4, 6]);
  });

  it.each([
    [{ ObjectID: '65535' }, 'object 65535 needs an <ObjectID> from 0 to 65534'],
    [{ ObjectID: '' }, 'object ? needs an <ObjectID> from 0 to 65534'],
    [{ ObjectVersion: '1' }, 'object 32770 has the version "1": it must be two numbers, such as 1.0'],
  ])('%j', (parts, message) => expect(mistakesOf(objectXml([], parts))).toMatchObject([{ message }]));

  it.each([
    ['', 'is no XML'],
    ['{"id": 3}', 'is no XML'],
    ['<LWM2M><Object></LWM2M>', 'is no XML'],
    ['<html><body/></html>', 'begins with <html>, not <LWM2M>'],
    ['<LWM2M/>', 'has no <Object>'],
    ['<LWM2M><Object><Name>&other;</Name></Object></LWM2M>', 'is no XML'],
    ['<!DOCTYPE a [<!ENTITY a "aaaa">]><LWM2M/>', 'has a document type declaration'],
    [`${'<a>'.repeat(50)}`, 'has elements deeper than 8 levels'],
    [`<LWM2M>${'<a/>'.repeat(30_000)}</LWM2M>`, 'has more than 20000 elements'],
    [`<LWM2M>${'<Object/>'.repeat(17)}</LWM2M>`, 'has more than 16 objects'],
    [' '.repeat(modelLimits.documentBytes + 1), 'is larger than 512 KiB'],
    [objectXml(Array.from({ length: 1025 }, (_, id) => itemXml(id))), 'has more than 1024 resources'],
  ])('%.40s is refused', (xml, message) => {
    expect(mistakesOf(xml)[0]?.message).toContain(message);
  });

  it('tells a bounded number of mistakes', () => {
    const items = Array.from({ length: 100 }, (_, id) => itemXml(id, { Type: 'Colour' }));
    expect(mistakesOf(objectXml(items))).toHaveLength(modelLimits.mistakes);
  });
});

describe('any text', () => {
  it('is read or refused, never more', () => {
    const bits = fc.constantFrom(
      '<LWM2M>',
      '</LWM2M>',
      '<Object>',
      '<Item ID="',
      '"',
      '>',
      '<Type>',
      '&amp;',
      '<![CDATA[',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(bits, fc.string()), { maxLength: 30 }), (parts) => {
        expect(typeof readDdf(parts.join('')).ok).toBe('boolean');
      }),
    );
  });

  it('cut anywhere is refused with a line', () => {
    for (let end = 0; end < PUMP.trimEnd().length; end += 97) {
      const [first] = mistakesOf(PUMP.slice(0, end));
      expect(first?.line).toBeGreaterThan(0);
    }
  });
});
