import type { ArtifactInfo, UpdateMethod, UpdateScheme, UpdateState } from '@reeve/contract';
import type { ArtifactId, UpdateId } from '../ids.ts';
import type { UpdateStep } from '../updates/steps.ts';
import { device, organisation } from './columns.ts';
import { bytes, integer, json, optional, table, text } from './schema.ts';

/** What devices are updated with, and how that goes. */
export const updateTables = {
  /** Their bytes are files beside the database. */
  artifacts: table(
    {
      ...organisation,
      artifactId: text<ArtifactId>(),
      name: text(),
      version: text(),
      kind: text<ArtifactInfo['kind']>(),
      bytes: integer(),
      /** Of all of it, in hex. */
      sha256: text(),
      /** 1 once all of it is here and is what it should be. */
      ready: integer(),
      addedAt: integer(),
      addedBy: text(),
    },
    ['artifactId'],
    { unique: [['organisationId', 'name', 'version']] },
  ),

  updates: table(
    {
      ...device,
      updateId: text<UpdateId>(),
      /** Of the object instance. */
      path: text(),
      artifactId: text<ArtifactId>(),
      /** Name and version, for people. */
      artifact: text(),
      bytes: integer(),
      method: text<UpdateMethod>(),
      scheme: optional(text<UpdateScheme>()),
      state: text<UpdateState>(),
      step: json<UpdateStep>(),
      delivery: optional(text<'push' | 'pull'>()),
      /** Bytes that the device has taken, or was served. */
      done: integer(),
      detail: optional(text()),
      startedAt: integer(),
      startedBy: text(),
      changedAt: integer(),
      endedAt: optional(integer()),
      expiresAt: integer(),
      /** The last segment of the path under which the device may fetch the artifact; sealed, bound to this row. */
      sealedToken: bytes(),
    },
    ['updateId'],
    { indexes: [['deviceId', 'startedAt'], ['state', 'startedAt'], ['startedAt']] },
  ),
} as const;
