import { describe, expect, it } from 'vitest';
import { fromStored, Models, toStored } from './models.ts';

const models = new Models();
const model = { version: '1.1', objects: [{ objectId: 3, instances: [0] }] };

describe('what a person wants written', () => {
  it.each([
    ['/3/0/15', 'America/Los_Angeles', undefined, { type: 'string', value: 'America/Los_Angeles' }],
    ['/1/0/1', 300, undefined, { type: 'integer', value: 300 }],
    ['/1/0/6', true, undefined, { type: 'boolean', value: true }],
    ['/9999/0/1', 1.5, undefined, { type: 'float', value: 1.5 }],
    ['/9999/0/1', 2, undefined, { type: 'integer', value: 2 }],
    ['/9999/0/1', 2, 'float', { type: 'float', value: 2 }],
    ['/9999/0/1', 'AQID', 'opaque', { type: 'opaque', value: 'AQID' }],
    ['/9999/0/1', '66:0', 'objlnk', { type: 'objlnk', value: '66:0' }],
    ['/9999/0/1', '9007199254740993', 'integer', { type: 'integer', value: '9007199254740993' }],
  ] as const)('%s = %j (%s) has the type of the resource', (path, json, type, stored) => {
    const written = { path, value: json, ...(type === undefined ? {} : { type }) };
    expect(models.storedOf(written, model)).toEqual(stored);
    const value = fromStored(models.storedOf(written, model));
    expect(value && toStored(value)).toEqual(stored);
  });

  it.each([
    ['/1/0/1', 'soon', undefined],
    ['/1/0/6', 1.5, undefined],
    ['/9999/0/1', 1, 'colour'],
    ['/9999/0/1', '***', 'opaque'],
    ['/3/0/9', 101, undefined],
  ] as const)('%s = %j (%s) is refused, and says what is taken', (path, json, type) => {
    const written = { path, value: json, ...(type === undefined ? {} : { type }) };
    expect(() => models.storedOf(written, model)).toThrow(expect.objectContaining({ code: 'invalid-value' }));
  });

  it.each([
    { path: '/5/0/0', value: 'hunter2!' },
    { path: '/9999/0/1', value: 'hunter2!', type: 'integer', secret: true },
    { path: '/3/0/9', value: 4711, secret: true },
  ] as const)('is not told in the refusal of $path, which is secret', (written) => {
    expect(() => models.storedOf(written, model)).toThrow(/not what was given$/);
  });

  it('is missing where a secret is written as it is shown', () => {
    const written = { path: '/5/0/0', value: null, secret: true } as const;
    expect(() => models.storedOf(written, model)).toThrow('missing');
  });
});

describe('a resource that is not read', () => {
  const later = { version: '1.1', objects: [{ objectId: 5, instances: [0], version: '7.0' }] };

  it.each([
    ['/5/0/0', model, true],
    ['/5/0/0', undefined, true],
    ['/5/0/0', later, true],
    ['/0/1/5', model, true],
    ['/8/0/1/0', model, true],
    ['/5/0/1', later, false],
    ['/3/0/14', model, false],
    ['/9999/0/1', model, false],
  ])('%s of %j: %j', (path, of, unreadable) => {
    expect(models.isUnreadable(path, of)).toBe(unreadable);
  });
});

describe('a value for people', () => {
  it.each([
    ['/3/0/9', { type: 'integer', value: 80 }, '80 %'],
    ['/3/0/7/0', { type: 'integer', value: 3800 }, '3800 mV'],
    ['/3/0/1', { type: 'string', value: 'Truck' }, 'Truck'],
    ['/6/0/0', { type: 'float', value: 39.5 }, '39.5'],
    ['/9999/0/1', { type: 'integer', value: 7 }, '7'],
    ['/9999/0/1', { type: 'from a later release', value: 7 }, '7'],
  ])('of %s is %j → %s', (path, stored, text) => {
    expect(models.describeStored(path, stored, model)).toBe(text);
  });

  it('has the name of what a number stands for', () => {
    expect(models.describeStored('/3/0/20', { type: 'integer', value: 1 }, model)).toMatch(/^\D.* \(1\)$/);
  });
});

describe('definitions', () => {
  it('are those of the registered version, else of the enabler', () => {
    expect(models.infoOf(3, undefined, '1.1')).toMatchObject({ name: 'Device' });
    expect(models.infoOf(3, undefined, '1.1').resources?.find(({ resourceId }) => resourceId === 4)).toMatchObject({
      operations: 'E',
      name: 'Reboot',
    });
    expect(models.resourceAt('/3/0/9', model)?.type).toBe('integer');
  });

  it('that nobody knows are no error', () => {
    expect(models.infoOf(9999, undefined, '1.1')).toEqual({});
    expect(models.infoOf(3, '99.0', '1.1')).toBeDefined();
    expect(models.resourceAt('/9999/0/1', model)).toBeUndefined();
    expect(models.resourceAt('/3/0', model)).toBeUndefined();
    expect(models.resourceAt('nonsense', model)).toBeUndefined();
    expect(models.resourceAt('/3/0/9', { version: '9.9', objects: [] })?.type).toBe('integer');
  });
});
