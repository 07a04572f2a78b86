import { geoAlbersUsa, geoPath } from 'd3-geo';
import { feature } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import atlas from 'us-atlas/states-10m.json' with { type: 'json' };
import { HEIGHT, type Point, WIDTH } from './view.ts';

/** Equal-area conic projection of the United States, with Alaska and Hawaii moved below the others. */
const projection = geoAlbersUsa()
  .scale(1280)
  .translate([WIDTH / 2, HEIGHT / 2]);

/** Where a position lies in the drawing; undefined outside the United States. */
export function project(latitude: number, longitude: number): Point | undefined {
  return projection([longitude, latitude]) ?? undefined;
}

interface StateShape {
  name: string;
  /** SVG path data in the units of the drawing. */
  outline: string;
}

/** The states as outlines, from the Census Bureau's borders at 1:10 million. */
export const states: readonly StateShape[] = outlines(
  atlas as unknown as Topology<{ states: GeometryCollection<{ name: string }> }>,
);

function outlines(topology: Topology<{ states: GeometryCollection<{ name: string }> }>): StateShape[] {
  const path = geoPath(projection);
  return feature(topology, topology.objects.states).features.flatMap((state) => {
    const outline = path(state);
    return outline === null ? [] : [{ name: state.properties.name, outline }];
  });
}

/** The western states, where one looks first if no device has a position yet. */
export const west: readonly Point[] = [
  [46.5, -124],
  [32.5, -118],
  [32.5, -109],
  [46.5, -109],
].flatMap(([latitude = 0, longitude = 0]) => {
  const at = project(latitude, longitude);
  return at ? [at] : [];
});
