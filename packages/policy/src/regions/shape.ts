import type { Metres } from '../units.ts';

/** A position in degrees, WGS 84. */
export interface Position {
  readonly lat: number;
  readonly lon: number;
}

/** A closed line of an area's border: `points` is lon, lat, lon, lat …, its first point repeated at the end. */
export interface Ring {
  /** West, south, east, north in degrees. */
  readonly box: readonly [number, number, number, number];
  readonly points: readonly number[];
}

/**
 * A shape that a rule carries. `band` is how far the source of its border may be wrong.
 * The rings of an area count even-odd, so that a ring within a ring is a hole.
 */
export type RegionShape =
  | { readonly kind: 'area'; readonly band: Metres; readonly rings: readonly Ring[] }
  | { readonly kind: 'circle'; readonly band: Metres; readonly centre: Position; readonly radius: Metres };

/** Makes a ring from its lon, lat pairs. */
export function ring(pairs: readonly (readonly [number, number])[]): Ring {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [lon, lat] of pairs) {
    west = Math.min(west, lon);
    east = Math.max(east, lon);
    south = Math.min(south, lat);
    north = Math.max(north, lat);
  }
  return { box: [west, south, east, north], points: pairs.flat() };
}
