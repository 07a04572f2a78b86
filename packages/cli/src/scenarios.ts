import type { SimulatedDevice } from '@reeve/simulator';

/** What a virtual device of `reeve simulate` does. */
type Behaviour = Required<Pick<SimulatedDevice, 'position' | 'scenario'>>;

const sacramento = { latitude: 38.5816, longitude: -121.4944 };
const fresno = { latitude: 36.7378, longitude: -119.7871 };
const truckee = { latitude: 39.328, longitude: -120.183 };
const reno = { latitude: 39.529, longitude: -119.813 };

/** A truck at 90 km/h, thirty times as fast as real, which tells where it is every two seconds. */
const driving = { kind: 'route', speedKmh: 90, timeLapse: 30, every: 2 } as const;

/** The scenarios by name. Times are seconds from the start. */
export const scenarios = {
  idle: { position: sacramento, scenario: [] },
  drive: {
    position: sacramento,
    scenario: [{ at: 0, step: { ...driving, points: [sacramento, fresno], loop: true } }],
  },
  'leave-california': {
    position: truckee,
    scenario: [{ at: 5, step: { ...driving, points: [truckee, reno], loop: true } }],
  },
  battery: { position: sacramento, scenario: [{ at: 5, step: { kind: 'battery', to: 12, within: 60 } }] },
  firmware: { position: sacramento, scenario: [{ at: 10, step: { kind: 'firmware', version: '6.6.6' } }] },
  silent: { position: sacramento, scenario: [{ at: 10, step: { kind: 'silence' } }] },
} as const satisfies Record<string, Behaviour>;

export type ScenarioName = keyof typeof scenarios;

export const scenarioNames = [
  'idle',
  'drive',
  'leave-california',
  'battery',
  'firmware',
  'silent',
] as const satisfies readonly ScenarioName[];
