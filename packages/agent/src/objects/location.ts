import { type ObjectInstance, objectInstance } from '../instance.ts';
import type { ContentJson } from '../resource.ts';

/** One fix. */
export interface Fix {
  /** Degrees, north and east positive. */
  readonly latitude: number;
  readonly longitude: number;
  /** Metres within which the device is. */
  readonly radius?: number;
  /** When the fix was taken, Unix seconds. */
  readonly timestamp: number;
  /** Metres per second. */
  readonly speed?: number;
}

/** The resources of a fix, for `LwM2mClient.set`: all of them, so that no server sees half of one. */
export function fixValues({ latitude, longitude, radius, timestamp, speed }: Fix): Record<number, ContentJson> {
  return {
    0: latitude,
    1: longitude,
    5: timestamp,
    ...(radius !== undefined && { 3: radius }),
    ...(speed !== undefined && { 6: speed }),
  };
}

/** The one instance of object 6, Location (OMA Core Appendix E.7); it has the optional resources that the first fix has. */
export function locationInstance(first: Fix): ObjectInstance {
  return objectInstance(6, 0, { values: fixValues(first) });
}
