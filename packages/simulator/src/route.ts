import type { WayPoint, WayPoints } from './scenario.ts';

/** Mean radius of the Earth in metres. */
const EARTH_RADIUS_M = 6_371_000;

/** Somewhere on a route. */
export interface Position {
  readonly latitude: number;
  readonly longitude: number;
  /** Whether it is moving there. */
  readonly moving: boolean;
  /** Whether the route is over. */
  readonly ended: boolean;
}

interface Leg {
  readonly from: WayPoint;
  readonly to: WayPoint;
  /** Seconds from the start of the route. */
  readonly start: number;
  readonly end: number;
}

/** A drive at constant speed along way-points: where it is after any time. */
export class Route {
  readonly #legs: readonly Leg[];
  readonly #goal: WayPoint;
  readonly #loop: boolean;
  readonly #duration: number;

  /** @param speed metres per second */
  constructor(points: WayPoints, speed: number, loop: boolean) {
    const [first, ...others] = loop ? [...points, ...points.slice(0, -1).reverse()] : points;
    const legs: Leg[] = [];
    let from: WayPoint = first ?? points[0];
    let start = from.pause ?? 0;
    for (const to of others) {
      const end = start + distance(from, to) / speed;
      legs.push({ from, to, start, end });
      start = end + (to.pause ?? 0);
      from = to;
    }
    this.#legs = legs;
    this.#goal = from;
    this.#loop = loop;
    this.#duration = start;
  }

  /** @param time seconds from the start of the route */
  at(time: number): Position {
    const within = this.#loop && this.#duration > 0 ? time % this.#duration : time;
    const ended = !this.#loop && within >= this.#duration;
    const leg = this.#legs.find(({ end }) => within < end);
    const { from, to, start, end } = leg ?? { from: this.#goal, to: this.#goal, start: 0, end: 1 };
    const fraction = Math.min(1, Math.max(0, (within - start) / (end - start)));
    return {
      latitude: from.latitude + (to.latitude - from.latitude) * fraction,
      longitude: from.longitude + (to.longitude - from.longitude) * fraction,
      moving: leg !== undefined && fraction > 0,
      ended,
    };
  }
}

/** Metres between two points on a sphere (haversine formula). */
export function distance(a: WayPoint, b: WayPoint): number {
  const [latitudeA, latitudeB] = [radians(a.latitude), radians(b.latitude)];
  const h =
    Math.sin((latitudeB - latitudeA) / 2) ** 2 +
    Math.cos(latitudeA) * Math.cos(latitudeB) * Math.sin(radians(b.longitude - a.longitude) / 2) ** 2;
  return 2 * EARTH_RADIUS_M * Math.asin(Math.sqrt(h));
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}
