import { Fleet } from './fleet.ts';
import type { Scenario } from './scenario.ts';
import type { DeviceEvent } from './virtual-device.ts';

/** A device to simulate. */
export interface SimulatedDevice {
  readonly endpoint: string;
  /** The pre-shared key, for `coaps`. */
  readonly psk?: { readonly identity: Uint8Array; readonly key: Uint8Array };
  readonly position: { readonly latitude: number; readonly longitude: number };
  /** Per cent. */
  readonly battery?: number;
  readonly firmware?: string;
  readonly scenario?: Scenario;
}

export interface SimulationOptions {
  /** `coap://host:port` or `coaps://host:port`. */
  readonly server: string;
  /** Whether that is a bootstrap server, from which the devices get their server. */
  readonly bootstrap?: boolean;
  readonly devices: readonly SimulatedDevice[];
  /** Registration lifetime in seconds; default 300. */
  readonly lifetime?: number;
  readonly onEvent?: (endpoint: string, event: DeviceEvent) => void;
}

export interface Simulation {
  /** De-registers all devices and ends. */
  stop(): Promise<void>;
}

/** Retries of a device that has nothing else to do: every 5, 10, 20, 40 s, again and again. */
const RETRY = { timer: 5, sequenceDelay: 60, sequenceCount: 1_000_000 } as const;

/**
 * Runs virtual devices against a server until they are stopped. Resolves when all have begun, not when all are registered.
 *
 * @throws Error when the server's name can't be resolved, or address and key do not go together
 */
export async function simulate(options: SimulationOptions): Promise<Simulation> {
  const { server, bootstrap = false, devices, lifetime = 300, onEvent } = options;
  const account = { serverUri: server, bootstrap, server: { lifetime, retry: RETRY } };
  const fleet = new Fleet((event, { device }) => onEvent?.(device.endpoint, event));
  try {
    for (const device of devices) await fleet.add({ ...device, ...account });
  } catch (error) {
    fleet.close();
    throw error;
  }
  return { stop: () => fleet.stop() };
}
