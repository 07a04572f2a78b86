import { expect, it } from 'vitest';
import { withUnit } from './units.ts';

it.each([
  ['80', '/100', '80 %'],
  ['21.5', 'Cel', '21.5 °C'],
  ['3800', 'mV', '3800 mV'],
  ['38.5816', 'lat', '38.5816'],
  ['Truck', undefined, 'Truck'],
])('writes %s in %s as %s', (text, units, written) => expect(withUnit(text, units)).toBe(written));
