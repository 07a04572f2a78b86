import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { greatCircle, measure } from './distance.ts';
import { locate } from './locate.ts';
import { type Border, border, type RegionShape } from './shape.ts';
import { ATLAS_BAND, findState, regionNames, statesBorder } from './us-states.ts';

const RADIUS = 50;

function area(...codes: string[]): RegionShape {
  return { kind: 'area', band: ATLAS_BAND, borders: statesBorder(codes) };
}

function closed(pairs: readonly [number, number][]): Border {
  return border(pairs, 0);
}

describe('California', () => {
  const california = area('US-CA');

  it.each([
    ['Truckee', 39.328, -120.183, 'inside'],
    ['Needles', 34.848, -114.614, 'inside'],
    ['Los Angeles', 34.05, -118.24, 'inside'],
    ['Avalon on Catalina Island', 33.343, -118.328, 'inside'],
    ['Reno', 39.529, -119.813, 'outside'],
    ['Laughlin', 35.167, -114.573, 'outside'],
    ['New York', 40.7, -74, 'outside'],
    ['Stateline', 38.9606, -119.9403, 'unsure'],
    ['Heavenly Village', 38.9563, -119.9433, 'unsure'],
    ['San Ysidro', 32.5449, -117.0299, 'unsure'],
    ['Primm', 35.613, -115.389, 'unsure'],
    ['Bay Bridge', 37.8199, -122.335, 'unsure'],
    ['San Mateo Bridge', 37.6, -122.22, 'unsure'],
    ['Alcatraz', 37.827, -122.423, 'unsure'],
    ['the Pacific, 12 km off Big Sur', 36.2, -122, 'outside'],
    ['Ensenada', 31.867, -116.6, 'outside'],
  ] as const)('%s', (_place, lat, lon, answer) => {
    expect(locate({ lat, lon }, RADIUS, [california]).answer).toBe(answer);
  });

  it.each([
    ['Heavenly Village', 38.9563, -119.9433, -1],
    ['San Ysidro', 32.5449, -117.0299, -1],
    ['Primm', 35.613, -115.389, 1],
  ] as const)('puts %s on its side of the line, near as it is', (_place, lat, lon, side) => {
    expect(Math.sign(measure({ lat, lon }, california).distance)).toBe(side);
  });

  it('measures from the line on the ground: the border is 120° W south of 42° N only roughly', () => {
    const { distance } = locate({ lat: 39.529, lon: -119.813 }, RADIUS, [california]);
    expect(distance).toBeGreaterThan(15_000);
    expect(distance).toBeLessThan(17_000);
  });

  it('knows less with a worse fix', () => {
    const reno = { lat: 39.529, lon: -119.813 };
    expect(locate(reno, 15_000, [california]).answer).toBe('outside');
    expect(locate(reno, 16_000, [california]).answer).toBe('unsure');
  });
});

describe('areas', () => {
  it('have no border between states that are named together', () => {
    const primm = { lat: 35.613, lon: -115.389 };
    expect(locate(primm, RADIUS, [area('US-CA')]).answer).toBe('unsure');
    expect(locate(primm, RADIUS, [area('US-NV')]).answer).toBe('unsure');
    expect(locate(primm, RADIUS, [area('US-CA', 'US-NV')]).answer).toBe('inside');
  });

  it('contain each state but not the others', () => {
    const centres = {
      'US-CA': [37, -120],
      'US-NV': [39, -117],
      'US-TX': [31, -99],
      'US-AK': [64, -150],
      'US-HI': [19.6, -155.5],
    } as const;
    for (const code of Object.keys(centres)) {
      for (const [other, [lat, lon]] of Object.entries(centres)) {
        expect(locate({ lat, lon }, RADIUS, [area(code)]).answer).toBe(code === other ? 'inside' : 'outside');
      }
    }
  });

  it('may have holes', () => {
    const outer = closed([
      [0, 0],
      [4, 0],
      [4, 4],
      [0, 4],
      [0, 0],
    ]);
    const hole = closed([
      [1, 1],
      [3, 1],
      [3, 3],
      [1, 3],
      [1, 1],
    ]);
    const shape: RegionShape = { kind: 'area', band: 0, borders: [outer, hole] };
    expect(locate({ lat: 2, lon: 2 }, RADIUS, [shape]).answer).toBe('outside');
    expect(locate({ lat: 0.5, lon: 2 }, RADIUS, [shape]).answer).toBe('inside');
    expect(locate({ lat: 1, lon: 2 }, RADIUS, [shape]).answer).toBe('unsure');
  });

  it('may reach beyond a piece of their border', () => {
    const coast = border(
      [
        [0, 0],
        [0, 1],
      ],
      5_000,
    );
    const line = border(
      [
        [0, 1],
        [-1, 1],
        [-1, 0],
        [0, 0],
      ],
      0,
    );
    const shape: RegionShape = { kind: 'area', band: 500, borders: [coast, line] };
    const metresEast = (metres: number) => ({ lat: 0.5, lon: metres / 111_195 });
    expect(locate(metresEast(-600), RADIUS, [shape]).answer).toBe('inside');
    expect(locate(metresEast(5_500), RADIUS, [shape]).answer).toBe('unsure');
    expect(locate(metresEast(5_600), RADIUS, [shape]).answer).toBe('outside');
    expect(locate({ lat: 1 + 600 / 111_195, lon: -0.5 }, RADIUS, [shape]).answer).toBe('outside');
  });

  it('measure the short way round the antimeridian', () => {
    const shape: RegionShape = {
      kind: 'area',
      band: 0,
      borders: [
        closed([
          [179, 0],
          [179.9, 0],
          [179.9, 1],
          [179, 1],
          [179, 0],
        ]),
      ],
    };
    const { answer, distance } = locate({ lat: 0.5, lon: -179.9 }, RADIUS, [shape]);
    expect(answer).toBe('outside');
    expect(distance).toBeCloseTo(greatCircle({ lat: 0.5, lon: 179.9 }, { lat: 0.5, lon: -179.9 }), -1);
  });

  it('are as far away as the nearest point of their edges', () => {
    const degrees = (min: number, max: number) => fc.double({ min, max, noNaN: true });
    const square = closed([
      [10, 50],
      [11, 50],
      [11, 51],
      [10, 51],
      [10, 50],
    ]);
    const sampled: { lat: number; lon: number }[] = [];
    for (let i = 0; i <= 2_000; i++) {
      const t = i / 2_000;
      sampled.push(
        { lat: 50, lon: 10 + t },
        { lat: 51, lon: 10 + t },
        { lat: 50 + t, lon: 10 },
        { lat: 50 + t, lon: 11 },
      );
    }
    fc.assert(
      fc.property(degrees(49.8, 51.2), degrees(9.8, 11.2), (lat, lon) => {
        const { distance } = locate({ lat, lon }, 0, [{ kind: 'area', band: 0, borders: [square] }]);
        const nearest = Math.min(...sampled.map((point) => greatCircle({ lat, lon }, point)));
        expect(Math.abs(Math.abs(distance) - nearest)).toBeLessThan(30 + nearest * 0.01);
        expect(distance < 0).toBe(lat > 50 && lat < 51 && lon > 10 && lon < 11);
      }),
      { numRuns: 100 },
    );
  });
});

describe('the islands of a state', () => {
  it('are each as far away as alone, and the nearest of them counts', () => {
    const california = statesBorder(['US-CA']);
    expect(california.length).toBeGreaterThan(1);
    const degrees = (min: number, max: number) => fc.double({ min, max, noNaN: true });
    fc.assert(
      fc.property(degrees(31, 43), degrees(-126, -113), (lat, lon) => {
        const to = (borders: readonly Border[]) =>
          Math.abs(measure({ lat, lon }, { kind: 'area', band: 0, borders }).distance);
        const nearest = Math.min(...california.map((island) => to([island])));
        // The plane takes all of the Earth for as wide as at the position. What lies at an angle a to the east seems nearer
        // or farther by up to cos²a·sin a·tan(lat)/2 of its distance in Earth radii, so two islands by twice as much.
        const apart = (nearest / 6_371_000) * Math.tan((lat * Math.PI) / 180) * 0.385;
        expect(Math.abs(to(california) - nearest)).toBeLessThan(1 + nearest * apart);
      }),
    );
  });
});

describe('a circle', () => {
  const circle: RegionShape = { kind: 'circle', band: 0, centre: { lat: 52, lon: 5 }, radius: 5_000 };
  const metresNorth = (metres: number) => ({ lat: 52 + metres / 111_195, lon: 5 });

  it.each([
    [0, 'inside'],
    [4_940, 'inside'],
    [4_960, 'unsure'],
    [5_040, 'unsure'],
    [5_060, 'outside'],
  ] as const)('%d m from its centre', (metres, answer) => {
    expect(locate(metresNorth(metres), RADIUS, [circle]).answer).toBe(answer);
  });

  it('is one of several places to be', () => {
    const other: RegionShape = { ...circle, centre: { lat: 53, lon: 5 } };
    expect(locate({ lat: 53, lon: 5 }, RADIUS, [circle, other]).answer).toBe('inside');
    expect(locate({ lat: 52.5, lon: 5 }, RADIUS, [circle, other]).answer).toBe('outside');
    expect(locate(metresNorth(5_000), RADIUS, [circle, other]).answer).toBe('unsure');
  });
});

describe('names of regions', () => {
  it('are the states, the district and the territories', () => {
    expect(regionNames()).toHaveLength(56);
    expect(regionNames()).toContainEqual({ code: 'US-CA', name: 'California' });
  });

  it('are found by code or name in any case', () => {
    expect(findState('us-nv')?.name).toBe('Nevada');
    expect(findState('new york')?.code).toBe('US-NY');
    expect(findState('CA')).toBeUndefined();
  });
});
