import { device } from './columns.ts';
import { integer, table } from './schema.ts';

/** When devices were woken by SMS, so that none is woken too often. */
export const wakeTables = {
  wakeUps: table(
    {
      ...device,
      lastAt: integer(),
      /** Days since 1970-01-01, UTC. */
      day: integer(),
      /** Messages on that day. */
      count: integer(),
    },
    ['deviceId'],
  ),
} as const;
