import { expect, it } from 'vitest';
import { parseAttributes } from './parseAttributes.ts';

it('reads what a form says of attributes', () => {
  expect(parseAttributes({ pmin: '5', pmax: ' - ', gt: '-1.5', lt: '' })).toEqual({
    attributes: { pmin: 5, pmax: null, gt: -1.5 },
    wrong: [],
  });
  expect(parseAttributes({ pmin: '1.5', st: 'much', lt: '1e5' })).toEqual({
    attributes: {},
    wrong: ['pmin', 'st', 'lt'],
  });
});
