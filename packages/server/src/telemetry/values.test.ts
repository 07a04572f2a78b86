import { describe, expect, it } from 'vitest';
import { newId } from '../ids.ts';
import { Fleet } from '../registry/fleet.ts';
import type { Row } from '../store/tables.ts';
import { Values, valuesOf } from './values.ts';

const deviceId = newId.device();
const organisationId = newId.organisation();
const row = (path: string, value: number): Row<'values'> => ({
  ...{ organisationId, deviceId, path, receivedAt: value },
  stored: { type: 'integer', value },
  ...{ clock: 'none', truncated: 0 },
});
const paths = Array.from({ length: 100 }, (_, index) => `/3/0/${index}`);
const reported = (...places: number[]) => places.map((place) => ({ path: paths[place] ?? '' }));

function begin() {
  const fleet = new Fleet();
  const device = fleet.put({ organisationId, deviceId, endpoint: 'truck', labels: {}, noSec: 0, createdAt: 0 });
  return { fleet, device, values: new Values(fleet) };
}

describe('the values of a device', () => {
  it.each([3, 31, 32, 33, 100])('are each found by its path, newest first told or not, of %d', (count) => {
    const { values } = begin();
    const told = paths.slice(0, count);
    for (const turn of [1, 2]) told.forEach((path, index) => void values.put(row(path, index * turn)));
    expect(values.of(deviceId)).toEqual(told.map((path, index) => row(path, index * 2)));
    for (const [index, path] of told.entries()) expect(values.get(deviceId, path)).toEqual(row(path, index * 2));
    expect(values.get(deviceId, '/3/0/999')).toBeUndefined();
    expect(values.lastReceivedAt(deviceId, '/3/0')).toBe((count - 1) * 2);
  });

  it('are matched with a report in whatever order it tells them', () => {
    const { device, values } = begin();
    for (const path of paths.slice(0, 50)) values.put(row(path, 1));
    const held = valuesOf(device);
    const match = (...places: number[]) => {
      let place = -1;
      const found = reported(...places).map(({ path }) => {
        place = held.place(path, place);
        return held.at(place)?.path;
      });
      return { paths: found, inOrder: held.isInOrder(reported(...places)) };
    };
    expect(match(0, 1, 2)).toEqual({ paths: paths.slice(0, 3), inOrder: true });
    expect(match(4, 40, 41)).toEqual({ paths: [paths[4], paths[40], paths[41]], inOrder: true });
    expect(match(9, 3, 4)).toEqual({ paths: [paths[9], paths[3], paths[4]], inOrder: false });
    expect(match(7, 7)).toEqual({ paths: [paths[7], paths[7]], inOrder: false });
    expect(match(49, 60, 0)).toEqual({ paths: [paths[49], undefined, paths[0]], inOrder: false });
  });

  it('go with it, also those of a report that was on its way to the disk', () => {
    const { fleet, device, values } = begin();
    values.put(row('/3/0/1', 1));
    fleet.remove(device);
    const { path, stored, receivedAt, ...current } = row('/3/0/1', 2);
    valuesOf(device).take([{ deviceId, path, stored, at: receivedAt, receivedAt, current }]);
    expect(values.of(deviceId)).toEqual([]);
    expect(values.get(deviceId, path)).toBeUndefined();
  });
});
