import type { FrameLayout } from '@reeve/contract';
import { device, organisation } from './columns.ts';
import { bytes, integer, json, optional, table, text } from './schema.ts';

/** Devices on networks too thin for a handshake, and what their frames mean. */
export const frameTables = {
  frameLayouts: table({ ...organisation, name: text(), layout: json<FrameLayout>() }, ['organisationId', 'name']),

  frameSources: table(
    {
      ...device,
      /** What the network calls the device. */
      link: text(),
      /** Names of its layouts, by their number in a frame. */
      layouts: json<string[]>(),
      /** AES-128, sealed, bound to this row. */
      sealedKey: bytes(),
      /** Number of the newest frame that was taken. */
      newest: integer(),
      /** Which of the 32 before it were taken. */
      before: integer(),
      lastAt: optional(integer()),
    },
    ['deviceId'],
    { unique: [['link']] },
  ),
} as const;
