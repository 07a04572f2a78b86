/**
 * Which part of the map is looked at: the drawing is scaled by `scale` and then moved by (`x`, `y`), in the units of the
 * drawing. Pure.
 */
export interface View {
  scale: number;
  x: number;
  y: number;
}

/** Size of the drawing; the browser fits it to the page. */
export const WIDTH = 960;
export const HEIGHT = 600;

export type Point = readonly [x: number, y: number];

export const wholeCountry: View = { scale: 1, x: 0, y: 0 };
const MAX_SCALE = 64;

/** Keeps the zoom in its bounds and the drawing under the window. */
export function clampView({ scale, x, y }: View): View {
  const bounded = Math.min(MAX_SCALE, Math.max(1, scale));
  return {
    scale: bounded,
    x: Math.min(0, Math.max(WIDTH * (1 - bounded), x)),
    y: Math.min(0, Math.max(HEIGHT * (1 - bounded), y)),
  };
}

/** Zooms so that the point of the window under the pointer stays where it is. */
export function zoomAt(view: View, factor: number, [px, py]: Point): View {
  const scale = Math.min(MAX_SCALE, Math.max(1, view.scale * factor));
  const ratio = scale / view.scale;
  return clampView({ scale, x: px - (px - view.x) * ratio, y: py - (py - view.y) * ratio });
}

/** Moves the drawing with the pointer. */
export function pan(view: View, dx: number, dy: number): View {
  return clampView({ ...view, x: view.x + dx, y: view.y + dy });
}

/** The view that holds all points with some land around them; the whole country without any. */
export function fit(points: readonly Point[]): View {
  if (points.length === 0) return wholeCountry;
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const width = Math.max((right - left) * 1.2, WIDTH / 12);
  const height = Math.max((bottom - top) * 1.2, HEIGHT / 12);
  const scale = Math.max(1, Math.min(WIDTH / width, HEIGHT / height));
  return clampView({
    scale,
    x: WIDTH / 2 - ((left + right) / 2) * scale,
    y: HEIGHT / 2 - ((top + bottom) / 2) * scale,
  });
}
