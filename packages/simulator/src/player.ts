import type { Position } from './route.ts';
import { Route } from './route.ts';
import type { Scenario, Step } from './scenario.ts';

/** What a scenario does to a device at a moment. */
export type Action =
  | { readonly kind: 'move'; readonly position: Position; readonly speed: number }
  | { readonly kind: 'battery'; readonly level: number }
  | { readonly kind: 'firmware'; readonly version: string }
  | { readonly kind: 'silence' }
  | { readonly kind: 'resume' };

type Driving = { readonly route: Route; readonly step: Extract<Step, { kind: 'route' }>; readonly start: number };

/** How often a draining battery is looked at, ms. */
const BATTERY_EVERY_MS = 1_000;

/** Plays a scenario; sans-I/O, times in ms. */
export class ScenarioPlayer {
  readonly #scenario: Scenario;
  #next = 0;
  #startedAt: number | undefined;
  #driving: (Driving & { nextAt: number }) | undefined;
  #draining: { from: number; to: number; start: number; end: number; nextAt: number } | undefined;
  #battery: number;

  /** @param battery level at the start, per cent */
  constructor(scenario: Scenario, battery: number) {
    this.#scenario = scenario;
    this.#battery = battery;
  }

  /** The clock of the scenario begins to run. */
  start(now: number): void {
    this.#startedAt = now;
  }

  /** What happens until now, in order. */
  tick(now: number): Action[] {
    const actions: Action[] = [];
    for (let at = this.#stepAt(); at !== undefined && at <= now; at = this.#stepAt()) {
      const step = this.#scenario[this.#next++]?.step;
      if (step !== undefined) this.#begin(step, at, actions);
    }
    this.#drive(now, actions);
    this.#drain(now, actions);
    return actions;
  }

  /** When the next thing happens; undefined when the scenario is over. */
  nextWakeAt(): number | undefined {
    const times = [this.#stepAt(), this.#driving?.nextAt, this.#draining?.nextAt].filter((at) => at !== undefined);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  #stepAt(): number | undefined {
    const step = this.#scenario[this.#next];
    return step === undefined || this.#startedAt === undefined ? undefined : this.#startedAt + step.at * 1000;
  }

  #begin(step: Step, at: number, actions: Action[]): void {
    switch (step.kind) {
      case 'route': {
        const { points, speedKmh, timeLapse = 1, loop = false } = step;
        const route = new Route(points, (speedKmh / 3.6) * timeLapse, loop);
        this.#driving = { route, step, start: at, nextAt: at };
        break;
      }
      case 'battery':
        this.#draining = { from: this.#battery, to: step.to, start: at, end: at + step.within * 1000, nextAt: at };
        break;
      default:
        actions.push(step);
    }
  }

  #drive(now: number, actions: Action[]): void {
    const driving = this.#driving;
    if (driving === undefined || now < driving.nextAt) return;
    const { route, step, start } = driving;
    const position = route.at((now - start) / 1000);
    actions.push({ kind: 'move', position, speed: position.moving ? step.speedKmh / 3.6 : 0 });
    driving.nextAt = now + step.every * 1000;
    if (position.ended) this.#driving = undefined;
  }

  #drain(now: number, actions: Action[]): void {
    const draining = this.#draining;
    if (draining === undefined || now < draining.nextAt) return;
    const { from, to, start, end } = draining;
    const fraction = end <= start ? 1 : Math.min(1, (now - start) / (end - start));
    const level = Math.round(from + (to - from) * fraction);
    if (level !== this.#battery) actions.push({ kind: 'battery', level });
    this.#battery = level;
    draining.nextAt = now + BATTERY_EVERY_MS;
    if (fraction === 1) this.#draining = undefined;
  }
}
