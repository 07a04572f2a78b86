import type { Metres } from '../units.ts';
import { signedDistance } from './distance.ts';
import type { Position, RegionShape } from './shape.ts';

/** Where a fix lies: `unsure` when the border is nearer than the fix and the border's source can tell. */
export type Answer = 'inside' | 'outside' | 'unsure';

/** A fix measured against the shapes of a rule. */
export interface Located {
  readonly answer: Answer;
  /** From the border of the nearest shape: negative inside, positive outside. */
  readonly distance: Metres;
}

/** Locates a fix with an error of `radius` against shapes of which any one is enough. There is at least one shape. */
export function locate(fix: Position, radius: Metres, shapes: readonly RegionShape[]): Located {
  let distance = Infinity;
  let inside = false;
  let outside = true;
  for (const shape of shapes) {
    const fromShape = signedDistance(fix, shape);
    const tolerance = radius + shape.band;
    distance = Math.min(distance, fromShape);
    inside ||= fromShape <= -tolerance;
    outside &&= fromShape >= tolerance;
  }
  return { answer: inside ? 'inside' : outside ? 'outside' : 'unsure', distance };
}
