import type { ResourceInfo } from '@reeve/contract';
import { describe, expect, it } from 'vitest';
import { createOf, createRows } from './createForm.ts';

const resources: ResourceInfo[] = [
  { resourceId: 0, name: 'Note', operations: 'RW', type: 'string', multiple: false },
  {
    resourceId: 1,
    name: 'Lifetime',
    operations: 'RW',
    type: 'integer',
    multiple: false,
    mandatory: true,
    range: { least: 1, largest: 100 },
  },
  { resourceId: 2, name: 'Targets', operations: 'RW', type: 'objlnk', multiple: true },
  { resourceId: 4, name: 'Disable', operations: 'E', multiple: false },
];

describe('a new instance', () => {
  it('begins with what can have a value, the mandatory first, and one more of several', () => {
    expect(createRows(resources, {}).map(({ path, name }) => [path, name])).toEqual([
      ['/1', 'Lifetime, mandatory'],
      ['/0', 'Note'],
      ['/2/0', 'Targets'],
    ]);
    expect(createRows(resources, { '/2/0': '3:0', '/2/1': '5:0' }).map(({ path }) => path)).toEqual([
      '/1',
      '/0',
      '/2/0',
      '/2/1',
      '/2/2',
    ]);
  });

  it('is made of what was filled in', () => {
    const texts = { '/1': '60', '/0': '', '/2/0': '3:0' };
    const rows = createRows(resources, texts);
    expect(createOf('/1', '', rows, texts, false)).toEqual({
      kind: 'create',
      path: '/1',
      values: [
        { path: '/1', value: 60 },
        { path: '/2/0', value: '3:0' },
      ],
    });
    expect(createOf('/1', ' 7 ', [], {}, false)).toEqual({ kind: 'create', path: '/1', values: [], instanceId: 7 });
  });

  it('says of each value that it is secret', () => {
    const texts = { '/0': 'hunter2', '/2/0': '3:0' };
    const values = [
      { path: '/0', value: 'hunter2', secret: true },
      { path: '/2/0', value: '3:0', secret: true },
    ];
    expect(createOf('/1', '', createRows(resources, texts), texts, true)).toEqual({
      kind: 'create',
      path: '/1',
      values,
    });
  });

  it('is not made of what does not fit', () => {
    const rows = createRows(resources, {});
    expect(createOf('/1', '', rows, { '/1': 'x' }, false)).toBeUndefined();
    expect(createOf('/1', '', rows, { '/1': '101' }, false)).toBeUndefined();
    expect(createOf('/1', '65535', rows, {}, false)).toBeUndefined();
    expect(createOf('/1', '-1', rows, {}, false)).toBeUndefined();
  });
});
