import { describe, expect, it } from 'vitest';
import { parsePath, ROOT_PATH } from '../path.ts';
import { defaultVersion } from '../version.ts';
import { urnOf } from './definition.ts';
import { readDefinitions } from './notation.ts';
import { SHIPPED_DEFINITIONS } from './shipped.ts';
import { DefinitionStore } from './store.ts';

const store = new DefinitionStore();
const ids = (objectId: number, version: string) => [...(store.find(objectId, version)?.resources.keys() ?? [])];
const upTo = (last: number) => Array.from({ length: last + 1 }, (_, id) => id);

describe('definitions', () => {
  it.each([
    [0, '1.0', upTo(12)],
    [0, '1.1', upTo(17)],
    [0, '1.2', upTo(30)],
    [1, '1.0', upTo(8)],
    [1, '1.1', upTo(23)],
    [1, '1.2', upTo(27)],
    [2, '1.0', upTo(3)],
    [2, '1.1', upTo(3)],
    [3, '1.0', upTo(22)],
    [3, '1.1', upTo(22)],
    [3, '1.2', upTo(22)],
    [3, '1.3', upTo(22)],
    [4, '1.0', upTo(10)],
    [4, '1.1', upTo(11)],
    [4, '1.2', upTo(12)],
    [4, '1.3', upTo(13)],
    [5, '1.0', [0, 1, 2, 3, 5, 6, 7, 8, 9]],
    [5, '1.1', [0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13]],
    [5, '1.2', [0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]],
    [6, '1.0', upTo(6)],
    [7, '1.0', upTo(8)],
    [8, '1.0', upTo(5)],
    [9, '1.0', upTo(18)],
    [9, '1.1', upTo(22)],
    [10, '1.0', upTo(11)],
    [10, '1.1', upTo(14).filter((id) => id !== 6)],
    [11, '1.0', upTo(25)],
    [11, '1.1', upTo(33)],
    [20, '2.0', [4010, 4011, 4012, 4013, 4014, 4015]],
    [20, '2.1', [4010, 4011, 4012, 4013, 4014, 4015, 4016, 4017]],
    [21, '1.0', upTo(5)],
    [21, '2.0', upTo(6)],
    [22, '1.0', upTo(4)],
    [22, '1.1', upTo(6)],
    [25, '1.0', [0, 1, 2]],
    [25, '2.0', [0, 1, 3]],
  ])('object %i in version %s has its resources', (objectId, version, expected) => {
    expect(ids(objectId, version).toSorted((a, b) => a - b)).toEqual(expected);
  });

  it.each([
    ...[12, 13, 14, 15, 16, 19, 23, 24, 26, 27, 28, 29, 500, 504, 505, 511],
    ...[3302, 3303, 3304, 3305, 3331, 3342, 3347, 3411, 3412, 3443, 3457],
    ...[10252, 10255, 10259, 10263, 10275, 10308, 10371, 10379, 10479],
  ])('object %i is known', (objectId) => expect(store.find(objectId)?.resources.size).toBeGreaterThan(0));

  it('are each there once', () => {
    const keys = SHIPPED_DEFINITIONS.map(({ id, version }) => `${id}/${version}`);
    expect(new Set(keys).size).toBe(keys.length);
    expect(store.all()).toHaveLength(keys.length);
  });

  it('keep to each other: executables have no type, enumerations lie in their range', () => {
    for (const object of SHIPPED_DEFINITIONS) {
      for (const { id, operations, type, range, names } of object.resources.values()) {
        const where = `/${object.id}/${id} of ${object.version}`;
        expect(type === 'none', where).toBe(operations === 'E');
        for (const value of Object.keys(names ?? {}).map(Number)) {
          expect(value, where).toBeGreaterThanOrEqual(range?.[0] ?? 0);
          expect(value, where).toBeLessThanOrEqual(range?.[1] ?? 255);
        }
      }
    }
  });

  it('change from version to version', () => {
    expect(store.resource(3, 11, '1.1')?.range).toEqual([0, 8]);
    expect(store.resource(3, 11, '1.2')?.range).toEqual([0, 32]);
    expect(store.resource(1, 13, '1.1')?.operations).toBe('');
    expect(store.resource(1, 13, '1.2')?.operations).toBe('R');
  });

  it('say what people read', () => {
    expect(store.resource(8, 0)).toMatchObject({ name: 'State', operations: 'RW', names: { 2: 'fully locked' } });
    expect(store.resource(6, 0)).toMatchObject({ name: 'Latitude', type: 'float', units: 'lat', mandatory: true });
    expect(store.find(3)).toMatchObject({ name: 'Device', version: '1.3', multiple: false, mandatory: true });
  });
});

describe('DefinitionStore', () => {
  it('does not know unknown objects and resources', () => {
    expect(store.find(9999)).toBeUndefined();
    expect(store.find(3, '2.0')).toBeUndefined();
    expect(store.resource(3, 99)).toBeUndefined();
    expect(store.resource(9999, 0)).toBeUndefined();
  });

  it('takes the newest version of the same major number for one that it does not know', () => {
    expect(store.find(3, '1.9')?.version).toBe('1.3');
    expect(store.find(21, '1.9')?.version).toBe('1.1');
    expect(store.find(3303, '2.0')).toBeUndefined();
    expect(store.resource(3303, 5700, '2.0')).toBeUndefined();
  });

  it('P22: knows a resource that the named version does not have yet', () => {
    expect(store.resource(4, 13, '1.0')?.name).toBe('Coverage Enhancement Level');
  });

  it('gives content formats the types of one device', () => {
    const types = store.resourceTypes(() => '1.0');
    const at = (text: string) => types(parsePath(text) ?? ROOT_PATH);
    expect(at('/3/0/9')).toBe('integer');
    expect(at('/3/0/6/1')).toBe('integer');
    expect(at('/3/0')).toBeUndefined();
    expect(at('/9999/0/1')).toBeUndefined();
  });
});

describe('definitions added to a store', () => {
  const [newest, oldest, tenth] = ['1.9', '1.0', '1.10'].flatMap((version) =>
    readDefinitions(`/32770 Pump\n${version}\n0 R ${version === '1.0' ? 'string' : 'integer'} Speed`),
  );

  it('are used by version, whatever the order they came in', () => {
    const own = new DefinitionStore();
    for (const one of [tenth, newest, oldest]) if (one) own.add(one);
    expect(own.all().flatMap(({ id, version }) => (id === 32_770 ? [version] : []))).toEqual(['1.0', '1.9', '1.10']);
    expect(own.find(32_770)?.version).toBe('1.10');
    expect(own.resource(32_770, 0, '1.0')?.type).toBe('string');
    expect(own.resourceTypes(() => '1.9')(parsePath('/32770/0/0') ?? ROOT_PATH)).toBe('integer');
  });

  it('change what was looked up before, and go again', () => {
    const own = new DefinitionStore();
    const types = own.resourceTypes(() => '1.0');
    const path = parsePath('/32770/0/0') ?? ROOT_PATH;
    expect(types(path)).toBeUndefined();
    if (oldest) own.add(oldest);
    expect(types(path)).toBe('string');
    own.remove(32_770, '1.0');
    expect(types(path)).toBeUndefined();
    expect(new DefinitionStore().find(32_770)).toBeUndefined();
  });
});

describe('urnOf', () => {
  it.each([
    [3, '1.0', 'urn:oma:lwm2m:oma:3'],
    [3, '1.2', 'urn:oma:lwm2m:oma:3:1.2'],
    [3303, '1.1', 'urn:oma:lwm2m:ext:3303:1.1'],
    [10_252, '1.0', 'urn:oma:lwm2m:x:10252'],
    [32_770, '2.0', 'urn:oma:lwm2m:x:32770:2.0'],
  ])('of object %i %s is %s', (id, version, urn) => expect(urnOf({ id, version })).toBe(urn));
});

describe('defaultVersion', () => {
  it.each([
    ['1.0', ['1.0', '1.0', '1.0', '1.0', '1.0', '1.0', '1.0', '1.0', '1.0']],
    ['1.1', ['1.1', '1.1', '1.0', '1.1', '1.2', '1.0', '1.0', '1.0', '1.0']],
    ['1.2', ['1.2', '1.2', '1.1', '1.2', '1.3', '1.1', '1.0', '1.0', '1.0']],
  ] as const)('RG-4: LwM2M %s', (enabler, versions) => {
    expect(versions.map((_, objectId) => defaultVersion(enabler, objectId))).toEqual(versions);
    for (const [objectId, version] of versions.entries()) expect(store.find(objectId, version)?.version).toBe(version);
  });

  it('is 1.0 for other objects', () => expect(defaultVersion('1.2', 3303)).toBe('1.0'));
});
