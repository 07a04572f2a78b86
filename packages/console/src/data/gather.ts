import type { Touched } from './staleness.ts';

/**
 * Gathers what journal entries touched and fetches it together: never twice at the same time, however fast entries come.
 *
 * @param fetch fetches what was touched; must not reject
 * @param later runs a function after the time that entries are gathered for
 * @returns to be called for every entry, with its device if it has one
 */
export function gather(
  fetch: (touched: Touched) => Promise<unknown>,
  later: (run: () => void) => void,
): (deviceId: string | undefined) => void {
  let touched: Touched | undefined;
  let busy = false;

  async function fetchTouched() {
    const gathered = touched;
    touched = undefined;
    if (gathered) await fetch(gathered);
    busy = touched !== undefined;
    if (busy) later(fetchTouched);
  }

  return (deviceId) => {
    touched ??= { everything: false, devices: new Set() };
    if (deviceId === undefined) touched.everything = true;
    else touched.devices.add(deviceId);
    if (busy) return;
    busy = true;
    later(fetchTouched);
  };
}
