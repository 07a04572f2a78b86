import type { DeviceFacts } from '@reeve/policy';
import type { Device } from '../registry/fleet.ts';
import type { Values } from '../telemetry/values.ts';

/** What a policy's `applies` is compared with: what people say of the device, else what it says itself. */
export function factsOf(device: Device, values: Values): DeviceFacts {
  const { deviceId, labels, site, owner } = device.row;
  const said = (path: string) => {
    const value = values.get(deviceId, path)?.stored.value;
    return typeof value === 'string' ? value : undefined;
  };
  const model = device.row.model ?? said('/3/0/1');
  const manufacturer = said('/3/0/0');
  return {
    labels,
    ...(model === undefined ? {} : { model }),
    ...(manufacturer === undefined ? {} : { manufacturer }),
    ...(site === undefined ? {} : { site }),
    ...(owner === undefined ? {} : { owner }),
  };
}
