import type { Metres } from '../units.ts';
import type { Border, Position, RegionShape } from './shape.ts';

/** Mean radius of the Earth (IUGG R1). */
const EARTH_RADIUS: Metres = 6_371_008.8;
const RADIANS = Math.PI / 180;

/** Great-circle distance (haversine). */
export function greatCircle(a: Position, b: Position): Metres {
  const dLat = Math.sin(((b.lat - a.lat) * RADIANS) / 2);
  const dLon = Math.sin(((b.lon - a.lon) * RADIANS) / 2);
  const h = dLat * dLat + Math.cos(a.lat * RADIANS) * Math.cos(b.lat * RADIANS) * dLon * dLon;
  return 2 * EARTH_RADIUS * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** Where a position lies from a shape. */
export interface Measured {
  /** From the border: negative inside, positive outside. */
  readonly distance: Metres;
  /** How far the shape may reach beyond its border there; see `Border`. */
  readonly reach: Metres;
}

/** Measures a position against a shape. */
export function measure(at: Position, shape: RegionShape): Measured {
  if (shape.kind === 'circle') return { distance: greatCircle(at, shape.centre) - shape.radius, reach: 0 };
  const { point, reach } = nearestOnBorder(at, shape.borders);
  const distance = greatCircle(at, point);
  return { distance: contains(at, shape.borders) ? -distance : distance, reach };
}

/** Even-odd rule eastwards, in longitude and latitude; areas are cut at the antimeridian, so no edge crosses it. */
function contains({ lat, lon }: Position, borders: readonly Border[]): boolean {
  let inside = false;
  for (const { box, points } of borders) {
    if (lat < box[1] || lat > box[3] || lon > box[2]) continue;
    let lon1 = points[0] ?? 0;
    let lat1 = points[1] ?? 0;
    for (let i = 2; i < points.length; i += 2) {
      const lon2 = points[i] ?? 0;
      const lat2 = points[i + 1] ?? 0;
      if (lat1 > lat !== lat2 > lat && lon < ((lon2 - lon1) * (lat - lat1)) / (lat2 - lat1) + lon1) inside = !inside;
      lon1 = lon2;
      lat1 = lat2;
    }
  }
  return inside;
}

/**
 * The border point nearest to a position, on the plane that touches the Earth there (equirectangular, degrees of
 * latitude on both axes). Near the border, where the answer decides, the plane is exact to well under a metre.
 */
function nearestOnBorder(at: Position, borders: readonly Border[]): { point: Position; reach: Metres } {
  const scale = Math.cos(at.lat * RADIANS);
  let best = Infinity;
  let bestX = 0;
  let bestY = 0;
  let bestReach = 0;
  for (const { box, points, reach } of borders) {
    const shift = turn((box[0] + box[2]) / 2 - at.lon);
    if (boxDistance(at, box, shift, scale) >= best) continue;
    let x1 = ((points[0] ?? 0) - at.lon + shift) * scale;
    let y1 = (points[1] ?? 0) - at.lat;
    for (let i = 2; i < points.length; i += 2) {
      const x2 = ((points[i] ?? 0) - at.lon + shift) * scale;
      const y2 = (points[i + 1] ?? 0) - at.lat;
      const dx = x2 - x1;
      const dy = y2 - y1;
      const length = dx * dx + dy * dy;
      const along = length === 0 ? 0 : Math.min(1, Math.max(0, -(x1 * dx + y1 * dy) / length));
      const x = x1 + along * dx;
      const y = y1 + along * dy;
      const distance = x * x + y * y;
      if (distance < best) {
        best = distance;
        bestX = x;
        bestY = y;
        bestReach = reach;
      }
      x1 = x2;
      y1 = y2;
    }
  }
  return { point: { lat: at.lat + bestY, lon: at.lon + (scale === 0 ? 0 : bestX / scale) }, reach: bestReach };
}

/** What to add to a difference of longitudes so that it goes the short way round. */
function turn(difference: number): number {
  return difference > 180 ? -360 : difference < -180 ? 360 : 0;
}

/** Squared distance to a bounding box on the plane of `nearestOnBorder`. */
function boxDistance(at: Position, box: Border['box'], shift: number, scale: number): number {
  const x = Math.max(box[0] - at.lon + shift, at.lon - shift - box[2], 0) * scale;
  const y = Math.max(box[1] - at.lat, at.lat - box[3], 0);
  return x * x + y * y;
}
