import { describe, expect, it } from 'vitest';
import { gatewayLimits } from './limits.ts';
import { isRouted, listedIn } from './listed.ts';

/** Values of instances of the Gateway object; `undefined` leaves one out. */
const records = (...instances: readonly (readonly (string | undefined)[])[]) =>
  instances.flatMap(([endpoint, prefix, objects], id) =>
    Object.entries({ 0: endpoint, 1: prefix, 3: objects }).flatMap(([resource, value]) =>
      value === undefined ? [] : [{ path: `/25/${id}/${resource}`, stored: { type: 'string', value } }],
    ),
  );

describe('what a gateway says of devices behind it', () => {
  it('is a name, a prefix, and the links of its objects', () => {
    expect(listedIn(records(['meter-1', 'd01', '</3/0>,</3303>;ver=1.1,</3303/0>'], ['meter-2', 'd02']))).toEqual({
      listed: [
        {
          ...{ endpoint: 'meter-1', prefix: 'd01' },
          objects: [
            { objectId: 3, instances: [0] },
            { objectId: 3303, version: '1.1', instances: [0] },
          ],
        },
        { endpoint: 'meter-2', prefix: 'd02', objects: [] },
      ],
      unlisted: [],
    });
  });

  it('may write the links with the prefix, which is of that device alone', () => {
    const { listed } = listedIn(records(['meter-1', 'd01', '</d01/3/0>,</d02/5/0>,</0/0>']));
    expect(listed[0]?.objects).toEqual([{ objectId: 3, instances: [0] }]);
  });

  it.each([
    ['no name', [[undefined, 'd01']], 'no Device ID'],
    ['no prefix', [['meter-1']], 'no prefix'],
    ['a prefix that is an object of the gateway', [['meter-1', '3']], 'no prefix'],
    ['a prefix of two segments', [['meter-1', 'a/b']], 'no prefix'],
    ['a prefix longer than is asked for', [['meter-1', 'd'.repeat(gatewayLimits.prefixBytes + 1)]], 'no prefix'],
    ['objects that are no links', [['meter-1', 'd01', '3/0']], 'malformed'],
    [
      'the prefix of another',
      [
        ['meter-1', 'd01'],
        ['meter-2', 'd01'],
      ],
      'another device',
    ],
    [
      'a name twice',
      [
        ['meter-1', 'd01'],
        ['meter-1', 'd02'],
      ],
      'twice',
    ],
  ] as const)('is not believed with %s', (_, instances, fault) => {
    const { listed, unlisted } = listedIn(records(...instances));
    expect(listed).toHaveLength(instances.length - 1);
    expect(unlisted[0]?.fault).toContain(fault);
  });

  it('is bounded', () => {
    const many = Array.from({ length: gatewayLimits.devices + 1 }, (_, n) => [`meter-${n}`, `d${n}`] as const);
    const { listed, unlisted } = listedIn(records(...many));
    expect([listed.length, unlisted.length]).toEqual([gatewayLimits.devices, 1]);
  });

  it('stands in the routing object with version 1.0 of the Gateway object', () => {
    const routed = [
      ...records(['meter-1', 'd01'], ['meter-2', 'd02'], ['meter-3', 'd03', '</3/0>'], ['meter-4', 'd04']),
      { path: '/25/0/2', stored: { type: 'objlnk', value: '26:0' } },
      { path: '/25/1/2', stored: { type: 'objlnk', value: '26:7' } },
      { path: '/25/2/2', stored: { type: 'objlnk', value: '26:0' } },
      { path: '/25/3/2', stored: { type: 'objlnk', value: '3:0' } },
    ];
    const routing = [
      { path: '/26/0/0', stored: { type: 'unsigned', value: 3303 } },
      { path: '/26/0/1', stored: { type: 'corelnk', value: '</d01/3303/0>,</3303/2>' } },
      // Nothing is mapped: the object is what it is.
      { path: '/26/7/0', stored: { type: 'unsigned', value: 3304 } },
      { path: '/26/7/1', stored: { type: 'corelnk', value: '' } },
    ];
    expect(isRouted(routed)).toBe(true);
    expect(isRouted(records(['meter-3', 'd03', '</3/0>']))).toBe(false);
    expect(listedIn(routed, routing).listed.map(({ endpoint, objects }) => [endpoint, objects])).toEqual([
      ['meter-1', [{ objectId: 3303, instances: [0, 2] }]],
      ['meter-2', [{ objectId: 3304, instances: [] }]],
      ['meter-3', [{ objectId: 3, instances: [0] }]],
      ['meter-4', []],
    ]);
  });

  it('leaves out what is no text, and what is of other objects', () => {
    const odd = [
      { path: '/25/0/0', stored: { type: 'integer', value: 7 } },
      { path: '/3/0/0', stored: { type: 'string', value: 'x' } },
      { path: '/25/1/2/0', stored: { type: 'string', value: 'x' } },
    ];
    expect(listedIn(odd)).toEqual({ listed: [], unlisted: [] });
  });
});
