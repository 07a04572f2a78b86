import type { DeviceDetail, DeviceSummary, History, ResourceValue } from '@reeve/contract';

/**
 * What live samples change in data that is already on the page. Pure: each function answers the same object if nothing
 * changed, so that nothing is drawn again.
 */

/** Values by path, a newer one in the place of an older one. */
export function mergeValues(known: ResourceValue[], arrived: readonly ResourceValue[]): ResourceValue[] {
  let merged = known;
  for (const value of arrived) {
    const at = merged.findIndex(({ path }) => path === value.path);
    const previous = merged[at];
    if (previous && previous.receivedAt > value.receivedAt) continue;
    if (merged === known) merged = [...known];
    if (previous) merged[at] = value;
    else merged.push(value);
  }
  return merged;
}

/** When a value was true: the device's own time, unless its clock is doubtful. */
export function timeOf(value: ResourceValue): number {
  return value.clock === 'good' && value.observedAt !== undefined ? value.observedAt : value.receivedAt;
}

/** Resources that a row of the fleet shows. */
const shown = { battery: '/3/0/9', firmware: '/3/0/3', latitude: '/6/0/0', longitude: '/6/0/1' } as const;

/** A device's row with new samples. A position needs both coordinates of one fix, never one old and one new. */
export function patchSummary<D extends DeviceSummary>(device: D, values: readonly ResourceValue[]): D {
  const at = new Map(values.filter(({ truncated }) => !truncated).map((value) => [value.path, value]));
  const battery = at.get(shown.battery)?.value;
  const firmware = at.get(shown.firmware)?.value;
  const latitude = at.get(shown.latitude);
  const longitude = at.get(shown.longitude);
  const change: Partial<DeviceSummary> = {};
  if (typeof battery === 'number' && battery !== device.battery) change.battery = battery;
  if (typeof firmware === 'string' && firmware !== device.firmware) change.firmware = firmware;
  if (
    typeof latitude?.value === 'number' &&
    typeof longitude?.value === 'number' &&
    timeOf(latitude) === timeOf(longitude) &&
    timeOf(latitude) >= (device.location?.at ?? 0)
  )
    change.location = { latitude: latitude.value, longitude: longitude.value, at: timeOf(latitude) };
  return Object.keys(change).length > 0 ? { ...device, ...change } : device;
}

/** A device's page with new samples. */
export function patchDetail(device: DeviceDetail, values: readonly ResourceValue[]): DeviceDetail {
  return { ...patchSummary(device, values), values: mergeValues(device.values, values) };
}

/** A chart's columns with one more sample at its end; a late or unfinished sample waits for the next fetch. */
export function appendHistory(history: History, value: ResourceValue): History {
  const at = timeOf(value);
  if (value.truncated || at <= (history.at.at(-1) ?? 0)) return history;
  return {
    path: history.path,
    at: [...history.at, at],
    receivedAt: [...history.receivedAt, value.receivedAt],
    value: [...history.value, value.value],
  };
}

/** Changes the items of a paged list that has been fetched; the same pages if no item changed. */
export function mapPages<T>(
  pages: { items: T[]; next?: string }[],
  change: (item: T) => T,
): { items: T[]; next?: string }[] {
  let changed = false;
  const next = pages.map((page) => ({
    ...page,
    items: page.items.map((item) => {
      const result = change(item);
      if (result !== item) changed = true;
      return result;
    }),
  }));
  return changed ? next : pages;
}
