import type { Observation, ResourceInfo, ResourceValue } from '@reeve/contract';
import { describe, expect, it } from 'vitest';
import { allows, buildTree } from './tree.ts';

function value(path: string): ResourceValue {
  return { path, type: 'integer', value: 1, text: '1', receivedAt: 0, clock: 'none' };
}

const resources: ResourceInfo[] = [
  { resourceId: 4, name: 'Reboot', operations: 'E', multiple: false },
  { resourceId: 9, name: 'Battery Level', operations: 'R', type: 'integer', multiple: false },
  { resourceId: 6, name: 'Available Power Sources', operations: 'R', type: 'integer', multiple: true },
];
const device = { objectId: 3, version: '1.2', name: 'Device', instances: [0], resources };
const live: Observation = { path: '/3/0/9', wantedBy: ['p'], state: 'live', since: 0 };

describe('the tree of a device', () => {
  it('joins definitions, values and observations', () => {
    const [node] = buildTree({ objects: [device], values: [value('/3/0/9')], observations: [live] });
    expect(node).toMatchObject({ objectId: 3, name: 'Device', version: '1.2' });
    expect(node?.instances[0]?.rows.map(({ path, name, value }) => [path, name, value?.value])).toEqual([
      ['/3/0/4', 'Reboot', undefined],
      ['/3/0/6', 'Available Power Sources', undefined],
      ['/3/0/9', 'Battery Level', 1],
    ]);
    expect(node?.instances[0]?.rows[2]?.observation).toBe(live);
  });

  it('gives each instance of a resource its row, in the order of numbers', () => {
    const values = [value('/3/0/6/10'), value('/3/0/6/2')];
    const [node] = buildTree({ objects: [{ ...device, resources: [] }], values, observations: [] });
    expect(node?.instances[0]?.rows.map(({ path }) => path)).toEqual(['/3/0/6/2', '/3/0/6/10']);
  });

  it('shows unknown objects, and values of objects that were not registered, by their numbers', () => {
    const tree = buildTree({
      objects: [{ objectId: 33_000, instances: [2, 1] }],
      values: [value('/20000/7/5')],
      observations: [],
    });
    expect(tree.map(({ name, instances }) => [name, instances.map(({ path }) => path)])).toEqual([
      ['Object 20000', ['/20000/7']],
      ['Object 33000', ['/33000/1', '/33000/2']],
    ]);
    expect(tree[0]?.instances[0]?.rows[0]).toMatchObject({ name: 'Resource 5', operations: 'unknown' });
  });
});

describe('operations of a resource', () => {
  it('follow the definition, and anything may be tried on an unknown one', () => {
    expect(allows('RW', 'R')).toBe(true);
    expect(allows('R', 'W')).toBe(false);
    expect(allows('E', 'R')).toBe(false);
    expect(allows('none', 'R')).toBe(false);
    expect(allows('unknown', 'E')).toBe(true);
  });
});
