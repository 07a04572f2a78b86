import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distance, Route } from './route.ts';
import type { WayPoints } from './scenario.ts';

const TRUCKEE = { latitude: 39.328, longitude: -120.183 };
const RENO = { latitude: 39.529, longitude: -119.813 };

describe('a route', () => {
  it('measures distances on the Earth', () => {
    expect(distance(TRUCKEE, RENO) / 1000).toBeCloseTo(38.8, 0);
    expect(distance({ latitude: 0, longitude: 0 }, { latitude: 1, longitude: 0 })).toBeCloseTo(111_195, 0);
  });

  it('goes from point to point at its speed, pauses, and ends', () => {
    const metres = distance(TRUCKEE, RENO);
    const route = new Route([TRUCKEE, { ...RENO, pause: 10 }, TRUCKEE], metres / 100, false);
    expect(route.at(0)).toMatchObject({ ...TRUCKEE, ended: false });
    expect(route.at(50)).toMatchObject({ latitude: 39.4285, longitude: -119.998, moving: true });
    expect(route.at(105)).toMatchObject({ ...RENO, moving: false });
    expect(route.at(160)).toMatchObject({ moving: true, ended: false });
    expect(route.at(210)).toMatchObject({ ...TRUCKEE, moving: false, ended: true });
  });

  it('goes back and forth when it loops', () => {
    const route = new Route([TRUCKEE, RENO], distance(TRUCKEE, RENO) / 100, true);
    expect(route.at(150)).toMatchObject({ moving: true, ended: false });
    expect(route.at(150).latitude).toBeCloseTo(route.at(50).latitude, 9);
    expect(route.at(1_000_050).latitude).toBeCloseTo(route.at(50).latitude, 6);
  });

  it('stays where it is with a single point', () => {
    expect(new Route([RENO], 10, true).at(5)).toMatchObject({ ...RENO, moving: false });
  });

  it('never leaves the box of its points', () => {
    const point = fc.record({
      latitude: fc.double({ min: 33, max: 42, noNaN: true }),
      longitude: fc.double({ min: -124, max: -114, noNaN: true }),
    });
    const times = fc.double({ min: 0, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(point, fc.array(point, { maxLength: 4 }), times, fc.boolean(), (first, others, time, loop) => {
        const points: WayPoints = [first, ...others];
        const { latitude, longitude } = new Route(points, 25, loop).at(time);
        const latitudes = points.map((one) => one.latitude);
        const longitudes = points.map((one) => one.longitude);
        expect(latitude).toBeGreaterThanOrEqual(Math.min(...latitudes) - 1e-9);
        expect(latitude).toBeLessThanOrEqual(Math.max(...latitudes) + 1e-9);
        expect(longitude).toBeGreaterThanOrEqual(Math.min(...longitudes) - 1e-9);
        expect(longitude).toBeLessThanOrEqual(Math.max(...longitudes) + 1e-9);
      }),
    );
  });
});
