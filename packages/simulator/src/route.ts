import type { WayPoint } from './scenario.ts';

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
  readonly #loop: boolean;
  readonly #duration: number;

  /**
   * @param points at least one
   * @param speed metres per second
   */
  constructor(points: readonly WayPoint[], speed: number, loop: boolean) {
    const forth = loop ? [...points, ...points.slice(0, -1).reverse()] : points;
    const legs: Leg[] = [];
    let start = 0;
    forth.forEach((from, index) => {
      const to = forth[index + 1];
      start += from.pause ?? 0;
      if (to === undefined) return;
      const end = start + distance(from, to) / speed;
      legs.push({ from, to, start, end });
      start = end;
    });
    this.#legs = legs;
    this.#loop = loop;
    this.#duration = start;
  }

  /** @param time seconds from the start of the route */
  at(time: number): Position {
    const within = this.#loop && this.#duration > 0 ? time % this.#duration : time;
    const leg = this.#legs.find(({ end }) => within < end) ?? this.#legs.at(-1);
    if (leg === undefined) return { latitude: 0, longitude: 0, moving: false, ended: true };
    const { from, to, start, end } = leg;
    const fraction = Math.min(1, Math.max(0, (within - start) / (end - start)));
    return {
      latitude: from.latitude + (to.latitude - from.latitude) * fraction,
      longitude: from.longitude + (to.longitude - from.longitude) * fraction,
      moving: fraction > 0 && fraction < 1,
      ended: !this.#loop && within >= this.#duration,
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
