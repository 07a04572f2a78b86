import type { Metres } from '../units.ts';
import { measure } from './distance.ts';
import type { Position, RegionShape } from './shape.ts';

/** Where a fix lies: `unsure` where that is more than the fix and the border's source can tell. */
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
    const measured = measure(fix, shape);
    const tolerance = radius + shape.band;
    distance = Math.min(distance, measured.distance);
    inside ||= measured.distance <= -tolerance;
    outside &&= measured.distance >= tolerance + measured.reach;
  }
  return { answer: inside ? 'inside' : outside ? 'outside' : 'unsure', distance };
}
