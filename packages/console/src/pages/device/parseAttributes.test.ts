import { expect, it } from 'vitest';
import { parseAttributes } from './parseAttributes.ts';

it('reads what a form says of attributes', () => {
  expect(parseAttributes({ pmin: '5', pmax: ' - ', gt: '-1.5', lt: '' })).toEqual({
    attributes: { pmin: 5, pmax: null, gt: -1.5 },
    wrong: [],
  });
  expect(parseAttributes({ pmin: '1.5', st: 'much', lt: '1e5', hqmax: '-1', con: '2' })).toEqual({
    attributes: {},
    wrong: ['pmin', 'st', 'lt', 'hqmax', 'con'],
  });
  expect(parseAttributes({ epmin: '5', edge: '1', con: '0', hqmax: '8' })).toMatchObject({
    attributes: { epmin: 5, edge: 1, con: 0, hqmax: 8 },
  });
});
