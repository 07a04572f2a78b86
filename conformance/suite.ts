import { it } from 'vitest';
import { cases, type Judged } from './cases.ts';

/**
 * A test of one side of a case: `<id> <side>: <purpose>` is its name, by which the table finds its result. A case that is
 * also played with a foreign peer has another of the same name; the side passes when all of them do.
 *
 * @throws Error for a case that is not in the list, or does not judge this side
 */
export function judge(side: Judged, id: string, script: () => void | Promise<void>): void {
  const found = cases.find((one) => one.id === id);
  if (!found?.judges.includes(side)) throw new Error(`${id} does not judge the ${side}: see conformance/cases.ts`);
  it(`${id} ${side}: ${found.purpose}`, script);
}
