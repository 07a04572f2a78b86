import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clampView, fit, HEIGHT, type Point, pan, type View, WIDTH, wholeCountry, zoomAt } from './view.ts';

const point = fc.tuple(fc.double({ min: 0, max: WIDTH, noNaN: true }), fc.double({ min: 0, max: HEIGHT, noNaN: true }));
const onScreen = ({ scale, x, y }: View, [px, py]: Point): Point => [px * scale + x, py * scale + y];

describe('the view of the map', () => {
  it('never leaves the drawing', () => {
    expect(clampView({ scale: 0.5, x: 40, y: 40 })).toEqual(wholeCountry);
    expect(clampView({ scale: 2, x: -5000, y: -5000 })).toEqual({ scale: 2, x: -WIDTH, y: -HEIGHT });
    expect(pan(wholeCountry, 10, -10)).toEqual(wholeCountry);
  });

  it('keeps the land under the pointer while zooming in', () => {
    fc.assert(
      fc.property(point, fc.double({ min: 1, max: 8, noNaN: true }), (pointer, factor) => {
        const view = zoomAt(wholeCountry, factor, pointer);
        const [x, y] = onScreen(view, pointer);
        expect(x).toBeCloseTo(pointer[0], 6);
        expect(y).toBeCloseTo(pointer[1], 6);
      }),
    );
  });

  it('holds all devices that it was fitted to', () => {
    fc.assert(
      fc.property(fc.array(point, { minLength: 1, maxLength: 20 }), (points) => {
        const view = fit(points);
        for (const each of points) {
          const [x, y] = onScreen(view, each);
          expect(x).toBeGreaterThanOrEqual(-1e-6);
          expect(x).toBeLessThanOrEqual(WIDTH + 1e-6);
          expect(y).toBeGreaterThanOrEqual(-1e-6);
          expect(y).toBeLessThanOrEqual(HEIGHT + 1e-6);
        }
      }),
    );
  });

  it('shows the surroundings of a single device, and the country without one', () => {
    expect(fit([[480, 300]]).scale).toBe(12);
    expect(fit([])).toEqual(wholeCountry);
  });
});
