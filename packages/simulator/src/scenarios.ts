import { seeded } from './random.ts';
import type { Scenario, WayPoint, WayPoints } from './scenario.ts';

/** How a truck of the demo behaves. */
export type DemoRole = 'good' | 'crosses-state-line' | 'drains-battery' | 'changes-firmware' | 'goes-silent';

/** A truck of the demo, but for its server and key. */
export interface DemoTruck {
  readonly endpoint: string;
  readonly role: DemoRole;
  readonly position: WayPoint;
  /** Per cent at the start. */
  readonly battery: number;
  readonly firmware: string;
  readonly scenario: Scenario;
}

/** A truck drives this many seconds in one second of the demo. */
const TIME_LAPSE = 30;
/** Seconds between two fixes. */
const FIX_EVERY = 2;
/** When the misbehaviour begins, seconds from the start: all is seen within the first minute. */
const TROUBLE_AT = 15;

const point = (latitude: number, longitude: number): WayPoint => ({ latitude, longitude });

/** Roads between cities of California, each well inside it, also along the straight lines. */
const ROADS: readonly WayPoints[] = [
  // Sacramento, Stockton, Modesto, Merced, Fresno
  [point(38.58, -121.49), point(37.96, -121.29), point(37.64, -121.0), point(37.3, -120.48), point(36.74, -119.78)],
  // Fresno, Visalia, Bakersfield
  [point(36.74, -119.78), point(36.33, -119.29), point(35.37, -119.02)],
  // Bakersfield, Lancaster, Los Angeles
  [point(35.37, -119.02), point(34.69, -118.15), point(34.05, -118.24)],
  // Los Angeles, San Bernardino, Palm Springs
  [point(34.05, -118.24), point(34.11, -117.29), point(33.83, -116.55)],
  // San Bernardino, Barstow
  [point(34.11, -117.29), point(34.9, -117.02)],
  // San Bernardino, Temecula, Escondido
  [point(34.11, -117.29), point(33.49, -117.15), point(33.12, -117.09)],
  // Sacramento, Yuba City, Chico, Redding
  [point(38.58, -121.49), point(39.14, -121.62), point(39.73, -121.84), point(40.59, -122.39)],
  // San Jose, Gilroy, Salinas, King City, Paso Robles
  [point(37.34, -121.89), point(37.01, -121.57), point(36.68, -121.66), point(36.21, -121.13), point(35.63, -120.69)],
  // Santa Rosa, Napa, Sacramento
  [point(38.44, -122.71), point(38.3, -122.29), point(38.58, -121.49)],
];

/** Truckee to Reno: out of California into Nevada. */
const OVER_THE_LINE: WayPoints = [point(39.328, -120.183), point(39.529, -119.813)];
/** Then on in Nevada: Reno, Fernley, Lovelock. */
const BEYOND: WayPoints = [point(39.529, -119.813), point(39.608, -119.251), point(40.179, -118.473)];

const TROUBLE: Readonly<Record<Exclude<DemoRole, 'good'>, Scenario>> = {
  'crosses-state-line': [
    {
      at: 5,
      step: { kind: 'route', points: OVER_THE_LINE, speedKmh: 90, timeLapse: TIME_LAPSE, every: FIX_EVERY },
    },
    {
      at: 60,
      step: { kind: 'route', points: BEYOND, speedKmh: 90, timeLapse: TIME_LAPSE, every: FIX_EVERY, loop: true },
    },
  ],
  'drains-battery': [{ at: TROUBLE_AT, step: { kind: 'battery', to: 12, within: 30 } }],
  'changes-firmware': [{ at: TROUBLE_AT, step: { kind: 'firmware', version: '6.6.6' } }],
  'goes-silent': [{ at: TROUBLE_AT, step: { kind: 'silence' } }],
};

const ROLES: readonly DemoRole[] = ['crosses-state-line', 'drains-battery', 'changes-firmware', 'goes-silent'];

/**
 * Trucks for the demo, `truck-01` and on: four of them misbehave within the first minute, each in its way, the others
 * drive back and forth in California. The same seed gives the same fleet.
 *
 * @param count at least 4
 */
export function demoFleet(count: number, seed: number): readonly DemoTruck[] {
  const random = seeded(seed);
  const troubles = pick(count, ROLES.length, random);
  const digits = Math.max(2, String(count).length);
  return Array.from({ length: count }, (_, index) => {
    const endpoint = `truck-${String(index + 1).padStart(digits, '0')}`;
    const role = ROLES[troubles.indexOf(index)] ?? 'good';
    return truck(endpoint, role, random);
  });
}

function truck(endpoint: string, role: DemoRole, random: () => number): DemoTruck {
  const road = ROADS[Math.floor(random() * ROADS.length)] ?? OVER_THE_LINE;
  const points = fromSomewhereOn(road, random);
  const speedKmh = 70 + Math.round(random() * 30);
  const battery = 60 + Math.round(random() * 40);
  const facts = { endpoint, role, battery, firmware: '1.2.3' };
  if (role === 'crosses-state-line') {
    return { ...facts, position: OVER_THE_LINE[0], scenario: TROUBLE[role] };
  }
  const drive = { kind: 'route', points, speedKmh, timeLapse: TIME_LAPSE, every: FIX_EVERY, loop: true } as const;
  return {
    ...facts,
    position: points[0],
    scenario: [
      { at: Math.round(random() * FIX_EVERY * 1000) / 1000, step: drive },
      ...(role === 'good' ? [] : TROUBLE[role]),
    ],
  };
}

/** The rest of a road from any point on it, so that trucks of one road are not in one place. */
function fromSomewhereOn(road: WayPoints, random: () => number): WayPoints {
  const leg = Math.floor(random() * (road.length - 1));
  const [from = road[0], to = from, ...rest] = road.slice(leg);
  const fraction = random();
  const between = (a: number, b: number) => Math.round((a + (b - a) * fraction) * 1e5) / 1e5;
  return [point(between(from.latitude, to.latitude), between(from.longitude, to.longitude)), to, ...rest];
}

/** So many different numbers below a limit. */
function pick(limit: number, howMany: number, random: () => number): readonly number[] {
  const numbers = Array.from({ length: limit }, (_, index) => index);
  for (let index = 0; index < howMany; index++) {
    const other = index + Math.floor(random() * (limit - index));
    [numbers[index], numbers[other]] = [numbers[other] ?? 0, numbers[index] ?? 0];
  }
  return numbers.slice(0, howMany);
}
