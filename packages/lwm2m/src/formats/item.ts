/** The data items that CBOR and JSON have in common, so that SenML is written once for both. */

import type { Int } from '../value.ts';

/**
 * One data item.
 * `int` and `float` are told apart because 20 and 20.0 are different on the wire and may be different to the device.
 */
export type Item =
  | { readonly kind: 'int'; readonly value: Int }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'bytes'; readonly value: Uint8Array }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'null' }
  | { readonly kind: 'array'; readonly items: readonly Item[] }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [key: Item, value: Item])[] }
  | { readonly kind: 'tag'; readonly tag: number; readonly item: Item };
