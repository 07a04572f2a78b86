import type { DeviceId, PolicyId } from '../ids.ts';

const NOBODY: ReadonlySet<DeviceId> = new Set();

/** Which devices each policy applies to, so that nobody walks the fleet for it. */
export class Reach {
  readonly #devices = new Map<PolicyId, Set<DeviceId>>();

  of(policyId: PolicyId): ReadonlySet<DeviceId> {
    return this.#devices.get(policyId) ?? NOBODY;
  }

  /**
   * Other policies may apply to the device from now on.
   * @returns whether they do
   */
  move(deviceId: DeviceId, before: ReadonlySet<PolicyId>, after: ReadonlySet<PolicyId>): boolean {
    let moved = false;
    for (const policyId of before) {
      if (after.has(policyId)) continue;
      this.#leave(policyId, deviceId);
      moved = true;
    }
    for (const policyId of after) {
      if (before.has(policyId)) continue;
      this.#devices.set(policyId, (this.#devices.get(policyId) ?? new Set()).add(deviceId));
      moved = true;
    }
    return moved;
  }

  #leave(policyId: PolicyId, deviceId: DeviceId): void {
    const devices = this.#devices.get(policyId);
    devices?.delete(deviceId);
    if (devices?.size === 0) this.#devices.delete(policyId);
  }
}
