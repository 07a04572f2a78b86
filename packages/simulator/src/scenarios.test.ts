import { describe, expect, it } from 'vitest';
import { type Action, ScenarioPlayer } from './player.ts';
import { type DemoTruck, demoFleet } from './scenarios.ts';

/** Everything that a scenario does in its first minutes, with the second. */
function play({ scenario, battery }: DemoTruck, seconds: number) {
  const player = new ScenarioPlayer(scenario, battery);
  player.start(0);
  const played: { readonly at: number; readonly action: Action }[] = [];
  for (let wake = player.nextWakeAt(); wake !== undefined && wake <= seconds * 1000; wake = player.nextWakeAt()) {
    for (const action of player.tick(wake)) played.push({ at: wake / 1000, action });
  }
  return played;
}

/** Inside California and away from its neighbours: west of the oblique line, with a margin of some kilometres. */
function inCalifornia(latitude: number, longitude: number): boolean {
  const east = latitude >= 39 ? -120.05 : -120.05 + ((39 - latitude) / (39 - 35)) * (-114.63 + 120.0);
  return latitude > 32.7 && latitude < 41.95 && longitude > -124 && longitude < Math.min(east, -114.7);
}

describe('the demo', () => {
  const fleet = demoFleet(40, 7);

  it('is the same for the same seed, and another for another', () => {
    expect(demoFleet(40, 7)).toEqual(fleet);
    expect(demoFleet(40, 8)).not.toEqual(fleet);
    expect(fleet.map(({ endpoint }) => endpoint)).toEqual(
      Array.from({ length: 40 }, (_, index) => `truck-${String(index + 1).padStart(2, '0')}`),
    );
  });

  it('has one truck for each misbehaviour', () => {
    for (const seed of [1, 2, 3]) {
      const roles = demoFleet(40, seed).map(({ role }) => role);
      expect(roles.filter((role) => role !== 'good').sort()).toEqual([
        'changes-firmware',
        'crosses-state-line',
        'drains-battery',
        'goes-silent',
      ]);
    }
    expect(demoFleet(4, 1).every(({ role }) => role !== 'good')).toBe(true);
  });

  it('keeps the good ones inside California, moving, charged and talking', () => {
    for (const seed of [1, 2, 3]) {
      for (const truck of demoFleet(40, seed).filter(({ role }) => role === 'good')) {
        const played = play(truck, 600);
        expect(played.length).toBeGreaterThan(200);
        expect(truck.battery).toBeGreaterThanOrEqual(60);
        for (const { action } of played) {
          expect(action.kind).toBe('move');
          if (action.kind !== 'move') continue;
          const { latitude, longitude } = action.position;
          expect(inCalifornia(latitude, longitude), `${truck.endpoint} at ${latitude}, ${longitude}`).toBe(true);
        }
      }
    }
  });

  it('shows each misbehaviour within the first minute, and not at once', () => {
    const troubles = new Map(fleet.map((truck) => [truck.role, play(truck, 60)]));
    const first = (role: DemoTruck['role'], of: (action: Action) => boolean) =>
      troubles.get(role)?.find(({ action }) => of(action))?.at ?? Number.NaN;
    for (const at of [
      first('crosses-state-line', (action) => action.kind === 'move' && action.position.longitude > -119.95),
      first('drains-battery', (action) => action.kind === 'battery' && action.level < 20),
      first('changes-firmware', (action) => action.kind === 'firmware' && action.version === '6.6.6'),
      first('goes-silent', (action) => action.kind === 'silence'),
    ]) {
      expect(at).toBeGreaterThan(10);
      expect(at).toBeLessThan(60);
    }
    expect(troubles.get('crosses-state-line')?.at(-1)?.action).toMatchObject({
      kind: 'move',
      position: { latitude: 39.529, longitude: -119.813 },
    });
  });
});

describe('a scenario', () => {
  const player = (battery: number, ...scenario: ConstructorParameters<typeof ScenarioPlayer>[0]) => {
    const made = new ScenarioPlayer(scenario, battery);
    made.start(1_000);
    return made;
  };

  it('drains a battery evenly', () => {
    const made = player(60, { at: 2, step: { kind: 'battery', to: 10, within: 5 } });
    const levels: number[] = [];
    for (let wake = made.nextWakeAt(); wake !== undefined; wake = made.nextWakeAt()) {
      for (const action of made.tick(wake)) if (action.kind === 'battery') levels.push(action.level);
    }
    expect(levels).toEqual([50, 40, 30, 20, 10]);
  });

  it('does in one go what became due while nobody looked', () => {
    const made = player(
      60,
      { at: 1, step: { kind: 'firmware', version: '2' } },
      { at: 2, step: { kind: 'silence' } },
      { at: 3, step: { kind: 'resume' } },
    );
    expect(made.nextWakeAt()).toBe(2_000);
    expect(made.tick(10_000).map(({ kind }) => kind)).toEqual(['firmware', 'silence', 'resume']);
    expect(made.nextWakeAt()).toBeUndefined();
  });

  it('waits for its start', () => {
    const waiting = new ScenarioPlayer([{ at: 0, step: { kind: 'silence' } }], 60);
    expect(waiting.tick(1e9)).toEqual([]);
    expect(waiting.nextWakeAt()).toBeUndefined();
  });
});
