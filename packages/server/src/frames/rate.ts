import type { DeviceId, Millis } from '../ids.ts';
import { frameLimits } from './limits.ts';

interface Level {
  readonly left: number;
  readonly at: Millis;
}

/**
 * How often frames may be tried: by each device, and by all. Forged ones count too, which is what keeps a tag of 32 bits
 * from being guessed. A start of the server fills every bucket.
 */
export class FrameRate {
  readonly #levels = new Map<DeviceId, Level>();
  #all: Level = { left: frameLimits.perSecond, at: 0 };

  /** Takes one frame off what is left; false if nothing is. */
  admit(deviceId: DeviceId, at: Millis): boolean {
    const { burst, perHour } = frameLimits;
    const { left } = filled(this.#levels.get(deviceId) ?? { left: burst, at }, burst, perHour / 3_600_000, at);
    this.#levels.set(deviceId, { left: left < 1 ? left : left - 1, at });
    return left >= 1;
  }

  /** The same for all devices together, known or not. */
  admitAny(at: Millis): boolean {
    const { perSecond } = frameLimits;
    const { left } = filled(this.#all, perSecond, perSecond / 1000, at);
    this.#all = { left: left < 1 ? left : left - 1, at };
    return left >= 1;
  }

  forget(deviceId: DeviceId): void {
    this.#levels.delete(deviceId);
  }
}

/** A clock that was set back brings nothing, and takes nothing away. */
function filled({ left, at: since }: Level, most: number, perMilli: number, at: Millis): Level {
  return { left: Math.min(most, left + Math.max(0, at - since) * perMilli), at };
}
