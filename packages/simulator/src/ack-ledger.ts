/** What a server is found to hold of a device. */
export interface FoundDevice {
  /** The last segment of its registration's location. */
  readonly registrationId: string;
  /** Where the device said it is last, degrees. */
  readonly latitude?: number;
}

/** Something that was acknowledged and is not there. */
export interface Loss {
  readonly endpoint: string;
  readonly kind: 'registration' | 'notification';
  readonly acknowledged: string | number;
  readonly found: string | number | undefined;
}

/** How often each kind of operation was acknowledged. */
export interface AckCounts {
  readonly register: number;
  readonly update: number;
  readonly notification: number;
}

/**
 * What a server acknowledged, device by device: its clients' side of the promise that acknowledged means durable.
 * Latitudes only grow in a load, so a server that holds a later one than was acknowledged has lost nothing.
 */
export class AckLedger {
  readonly #registrations = new Map<string, string>();
  readonly #latitudes = new Map<string, number>();
  readonly #forgotten: Loss[] = [];
  #counts = { register: 0, update: 0, notification: 0 };

  get counts(): AckCounts {
    return { ...this.#counts };
  }

  registered(endpoint: string, registrationId: string): void {
    this.#registrations.set(endpoint, registrationId);
    this.#counts.register++;
  }

  updated(endpoint: string, registrationId: string): void {
    this.#registrations.set(endpoint, registrationId);
    this.#counts.update++;
  }

  notified(endpoint: string, latitude: number): void {
    this.#latitudes.set(endpoint, latitude);
    this.#counts.notification++;
  }

  /** The server said that it does not know a registration that it had acknowledged. */
  forgotten(endpoint: string): void {
    const acknowledged = this.#registrations.get(endpoint);
    if (acknowledged !== undefined) {
      this.#forgotten.push({ endpoint, kind: 'registration', acknowledged, found: undefined });
    }
    this.registering(endpoint);
  }

  /** A device registers anew: until that is acknowledged, its server may hold the old registration or the new one. */
  registering(endpoint: string): void {
    this.#registrations.delete(endpoint);
  }

  /** Everything that was acknowledged and is not found, or was not found when it was asked for. */
  compare(find: (endpoint: string) => FoundDevice | undefined): readonly Loss[] {
    const losses: Loss[] = [...this.#forgotten];
    for (const [endpoint, acknowledged] of this.#registrations) {
      const found = find(endpoint)?.registrationId;
      if (found !== acknowledged) losses.push({ endpoint, kind: 'registration', acknowledged, found });
    }
    for (const [endpoint, acknowledged] of this.#latitudes) {
      const found = find(endpoint)?.latitude;
      // Not `found < acknowledged`, which is false for what is no number.
      if (found === undefined || !(found >= acknowledged)) {
        losses.push({ endpoint, kind: 'notification', acknowledged, found });
      }
    }
    return losses;
  }
}
