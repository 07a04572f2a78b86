import { organisation } from './columns.ts';
import { integer, table, text } from './schema.ts';

/** What people taught the server of objects. */
export const modelTables = {
  /** Object definitions beside those that are shipped. */
  models: table(
    {
      ...organisation,
      objectId: integer(),
      version: text(),
      /** In the notation of `lwm2m`, one version. */
      notation: text(),
      addedAt: integer(),
    },
    ['objectId', 'version'],
  ),
} as const;
