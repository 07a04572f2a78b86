import type { ResourceInfo, ResourceValue } from '@reeve/contract';

/** Why a value is beyond what a resource may hold; the lengths of texts and bytes are left to the server. */
export function rangeFault(
  { range }: { range?: ResourceInfo['range'] | undefined },
  value: ResourceValue['value'],
): string | undefined {
  if (!range || typeof value !== 'number' || (value >= range.least && value <= range.largest)) return undefined;
  return `Expected ${range.least} to ${range.largest}`;
}
