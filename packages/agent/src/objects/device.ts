import { type ObjectInstance, objectInstance } from '../instance.ts';
import type { ContentJson } from '../resource.ts';

/** What the device says of itself. */
export interface DeviceOptions {
  readonly manufacturer?: string;
  readonly model?: string;
  readonly serial?: string;
  readonly firmware?: string;
  /** Per cent. */
  readonly battery?: number;
  /** The device is to restart; called before the answer goes out. */
  readonly reboot: () => void;
}

/** Resources of object 3 that an application sets most. */
export const DeviceResource = { manufacturer: 0, model: 1, serial: 2, firmware: 3, reboot: 4, battery: 9 } as const;

/** The one instance of object 3, Device (OMA Core Appendix E.4). */
export function deviceInstance(options: DeviceOptions): ObjectInstance {
  const optional: readonly (readonly [number, ContentJson | undefined])[] = [
    [DeviceResource.manufacturer, options.manufacturer],
    [DeviceResource.model, options.model],
    [DeviceResource.serial, options.serial],
    [DeviceResource.firmware, options.firmware],
    [DeviceResource.battery, options.battery],
  ];
  const values: Record<number, ContentJson> = { 11: [0], 16: 'U' };
  for (const [id, value] of optional) if (value !== undefined) values[id] = value;
  const { reboot } = options;
  return objectInstance(3, 0, { values, resources: { [DeviceResource.reboot]: { execute: () => reboot() } } });
}
