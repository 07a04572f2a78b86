import { describe, expect, it } from 'vitest';
import { parsePath, ROOT_PATH } from '../path.ts';
import { defaultVersion } from '../version.ts';
import { CORE_OBJECTS, DefinitionStore } from './store.ts';

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
  ])('object %i in version %s has its resources', (objectId, version, expected) => {
    expect(ids(objectId, version)).toEqual(expected);
  });

  it('are all there is', () => expect(CORE_OBJECTS).toHaveLength(21));

  it('keep to each other: executables have no type, enumerations lie in their range', () => {
    for (const object of CORE_OBJECTS) {
      for (const { id, operations, type, range, names } of object.resources.values()) {
        const where = `/${object.id}/${id} of ${object.version}`;
        expect(type === 'none', where).toBe(operations === 'E');
        for (const value of Object.keys(names ?? {}).map(Number)) {
          expect(value, where).toBeGreaterThanOrEqual(range?.[0] ?? 0);
          expect(value, where).toBeLessThanOrEqual(range?.[1] ?? 0);
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
    expect(store.find(3)).toMatchObject({ name: 'Device', version: '1.2', multiple: false, mandatory: true });
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
    expect(store.find(3, '1.9')?.version).toBe('1.2');
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
