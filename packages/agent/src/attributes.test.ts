import { path } from '@reeve/lwm2m';
import { expect, it } from 'vitest';
import { AttributeTable } from './attributes.ts';
import { LIMITS } from './limits.ts';

it('AT-2: finds the nearest period', () => {
  const table = new AttributeTable();
  table.write(path(6), { pmin: 1, pmax: 10 });
  table.write(path(6, 0), { pmin: 2 });
  table.write(path(6, 0, 1), { pmin: 3 });
  expect(table.holding(path(6, 0, 1), 'pmin')).toBe(3);
  expect(table.holding(path(6, 0, 0), 'pmin')).toBe(2);
  expect(table.holding(path(6, 0, 0), 'pmax')).toBe(10);
  expect(table.holding(path(3, 0), 'pmin')).toBeUndefined();
});

it('keeps a bounded number of paths', () => {
  const table = new AttributeTable();
  const taken = Array.from({ length: 10 * LIMITS.attributePaths }, (_, id) => table.write(path(id), { pmin: 1 }).ok);
  expect(taken.filter((ok) => ok)).toHaveLength(LIMITS.attributePaths);
  expect(table.write(path(0), { pmin: null })).toEqual({ ok: true });
  expect(table.write(path(1000), { pmin: 1 })).toEqual({ ok: true });
});
