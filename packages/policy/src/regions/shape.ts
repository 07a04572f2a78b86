import type { Metres } from '../units.ts';

/** A position in degrees, WGS 84. */
export interface Position {
  readonly lat: number;
  readonly lon: number;
}

/** A piece of an area's border. The pieces of an area close it together; no one of them need be closed. */
export interface Border {
  /** West, south, east, north in degrees. */
  readonly box: readonly [number, number, number, number];
  /** A line as lon, lat, lon, lat … */
  readonly points: readonly number[];
  /** How far beyond this piece the area may still reach, such as over the waters off a shore. */
  readonly reach: Metres;
}

/**
 * A shape that a rule carries. `band` is how far the source of its border may be wrong.
 * The borders of an area count even-odd, so that a closed one within another is a hole.
 */
export type RegionShape =
  | { readonly kind: 'area'; readonly band: Metres; readonly borders: readonly Border[] }
  | { readonly kind: 'circle'; readonly band: Metres; readonly centre: Position; readonly radius: Metres };

/** Makes a piece of border from its lon, lat pairs. */
export function border(pairs: readonly (readonly [number, number])[], reach: Metres): Border {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [lon, lat] of pairs) {
    west = Math.min(west, lon);
    east = Math.max(east, lon);
    south = Math.min(south, lat);
    north = Math.max(north, lat);
  }
  return { box: [west, south, east, north], points: pairs.flat(), reach };
}
