import { type ObjectInstance, objectInstance } from '../instance.ts';

/** How the device is connected. */
export interface ConnectivityOptions {
  /** Network bearer: 6 LTE-FDD, 7 NB-IoT, 21 WLAN, 41 Ethernet, … */
  readonly bearer: number;
  /** All bearers that it has; default only the one in use. */
  readonly availableBearers?: readonly number[];
  /** Radio signal strength in dBm. */
  readonly signalStrength: number;
  readonly addresses: readonly string[];
}

/** The one instance of object 4, Connectivity Monitoring (OMA Core Appendix E.5). */
export function connectivityInstance(options: ConnectivityOptions): ObjectInstance {
  const { bearer, availableBearers = [bearer], signalStrength, addresses } = options;
  return objectInstance(4, 0, { values: { 0: bearer, 1: availableBearers, 2: signalStrength, 4: addresses } });
}
