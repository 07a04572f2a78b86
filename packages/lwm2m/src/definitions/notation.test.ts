import { describe, expect, it } from 'vitest';
import { plainName, readDefinitions, writeDefinition } from './notation.ts';
import { SHIPPED_DEFINITIONS } from './shipped.ts';

const PUMP = `
/32770 Pump; multiple
1.0
0 R! float Pressure; -1.5..10; in bar
1 RW* string Alarm numbers; 0..20
2 - opaque Secret
3 E Stop now
4 R integer State; 0..2; 0 off, 1 on, 2 not known
1.1
3 E! Stop now
4 removed
`;

describe('readDefinitions', () => {
  it('gives every version in full', () => {
    const [first, second, ...more] = readDefinitions(PUMP);
    expect(more).toEqual([]);
    expect(first).toMatchObject({ id: 32_770, name: 'Pump', version: '1.0', multiple: true, mandatory: false });
    expect([...(first?.resources.values() ?? [])]).toEqual([
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
      {
        id: 1,
        name: 'Alarm numbers',
        operations: 'RW',
        type: 'string',
        multiple: true,
        mandatory: false,
        range: [0, 20],
      },
      { id: 2, name: 'Secret', operations: '', type: 'opaque', multiple: false, mandatory: false },
      { id: 3, name: 'Stop now', operations: 'E', type: 'none', multiple: false, mandatory: false },
      {
        id: 4,
        name: 'State',
        operations: 'R',
        type: 'integer',
        multiple: false,
        mandatory: false,
        range: [0, 2],
        names: { 0: 'off', 1: 'on', 2: 'not known' },
      },
    ]);
    expect(second?.version).toBe('1.1');
    expect([...(second?.resources.keys() ?? [])]).toEqual([0, 1, 2, 3]);
    expect(second?.resources.get(3)?.mandatory).toBe(true);
  });

  it.each([
    '0 R! float Pressure',
    '/3 Device\n0 R string Manufacturer; about 7',
    '/3 Device\n1.0\n0 X string Manufacturer',
    '/3 Device\n1.0\n0 R word Manufacturer',
    '/3 Device\n1.0\n0 R string',
    '1.0',
  ])('says which line is none: %j', (text) =>
    expect(() => readDefinitions(text)).toThrow(/^line \d of the definitions/),
  );
});

describe('writeDefinition', () => {
  it('writes what is read back as it was, for all that is shipped', () => {
    for (const definition of SHIPPED_DEFINITIONS) {
      expect(readDefinitions(writeDefinition(definition))).toEqual([definition]);
    }
  });

  it('writes one version', () => {
    const [, second] = readDefinitions(PUMP);
    expect(second && writeDefinition(second)).toBe(
      '/32770 Pump; multiple\n1.1\n0 R! float Pressure; -1.5..10; in bar\n1 RW* string Alarm numbers; 0..20\n' +
        '2 - opaque Secret\n3 E! Stop now',
    );
  });

  it.each([1e-7, 1e25, -0.5, 18_446_744_073_709_552_000])('keeps the limit %d', (limit) => {
    const [{ resources } = { resources: new Map() }] = readDefinitions(`/1 X\n1.0\n0 R float Y; ${-1e30}..${limit}`);
    expect(resources.get(0)?.range).toEqual([-1e30, limit]);
  });

  it('makes names fit', () => expect(plainName('  A;\n b\t; c ')).toBe('A, b , c'));
});
