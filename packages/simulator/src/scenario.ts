/** A point on a route. */
export interface WayPoint {
  /** Degrees, north and east positive. */
  readonly latitude: number;
  readonly longitude: number;
  /** Seconds to stay here before going on; default 0. */
  readonly pause?: number;
}

/** A way along points; one point alone is a place to stay. */
export type WayPoints = readonly [WayPoint, ...WayPoint[]];

/** One thing that happens to a device. */
export type Step =
  /** It drives along way-points and tells where it is. */
  | {
      readonly kind: 'route';
      readonly points: WayPoints;
      readonly speedKmh: number;
      /** Seconds between two fixes. */
      readonly every: number;
      /** How many seconds of driving one second shows; default 1. */
      readonly timeLapse?: number;
      /** Drives back and forth until another route begins; default false. */
      readonly loop?: boolean;
    }
  /** Its battery goes evenly to a level, per cent, within some seconds. */
  | { readonly kind: 'battery'; readonly to: number; readonly within: number }
  | { readonly kind: 'firmware'; readonly version: string }
  /** It says and hears nothing until `resume`. */
  | { readonly kind: 'silence' }
  | { readonly kind: 'resume' };

/** What happens, and when: seconds from the start, in ascending order. */
export type Scenario = readonly { readonly at: number; readonly step: Step }[];
