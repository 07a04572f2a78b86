import type {
  BootstrapAccount,
  BootstrapState,
  BootstrapStep,
  BootstrapTemplate,
  CredentialPurpose,
  SetValue,
} from '@reeve/contract';
import type { BootstrapId, CommandId, CredentialId } from '../ids.ts';
import { device, organisation } from './columns.ts';
import { bytes, integer, json, optional, table, text } from './schema.ts';

/** An account as it is stored: what its keys are nobody can read. */
export type StoredAccount = Omit<BootstrapAccount, 'keys'> & {
  /** The keys as JSON, sealed, in base64. */
  readonly sealedKeys?: string;
};
export type StoredTemplate = Omit<BootstrapTemplate, 'accounts'> & {
  readonly accounts: readonly StoredAccount[];
  /** What `values` and `resources` have null for because it is secret, sealed, in base64. */
  readonly sealedValues?: string;
  readonly sealedResources?: string;
};

/** What devices are given before they register, and what came of it. */
export const bootstrapTables = {
  /** What the devices of a group are given. */
  bootstrapTemplates: table(
    { ...organisation, name: text(), template: json<StoredTemplate>(), changedAt: integer(), changedBy: text() },
    ['organisationId', 'name'],
  ),

  /** Bootstrap sessions; those of before are pruned. */
  bootstraps: table(
    {
      ...device,
      bootstrapId: text<BootstrapId>(),
      endpoint: text(),
      group: text(),
      state: text<BootstrapState>(),
      reason: optional(text()),
      pack: integer(),
      address: text(),
      /** Label of the authenticated identity, absent for NoSec. */
      identity: optional(text()),
      version: optional(text()),
      startedAt: integer(),
      endedAt: optional(integer()),
      steps: json<BootstrapStep[]>(),
    },
    ['bootstrapId'],
    { indexes: [['deviceId', 'startedAt'], ['state'], ['startedAt']] },
  ),

  /** Credentials that were made for a device: to register with, or for its account of the bootstrap server. */
  provisioned: table(
    {
      ...device,
      purpose: text<Exclude<CredentialPurpose, 'both'>>(),
      /** Not used by the device yet: given to it again if it asks again. */
      pending: optional(text<CredentialId>()),
      /** The one before, which goes once the pending one is used. */
      current: optional(text<CredentialId>()),
    },
    ['deviceId', 'purpose'],
  ),

  /** Keys that a device has of its own for accounts on servers elsewhere, in the place of those of its template. */
  accountKeys: table(
    {
      ...device,
      shortServerId: integer(),
      /** The keys as JSON, sealed. */
      sealedKeys: bytes(),
      changedAt: integer(),
      changedBy: text(),
    },
    ['deviceId', 'shortServerId'],
  ),

  /** Values of one device that are written after its first registration, and those of its group once that was done. */
  deployments: table(
    {
      ...device,
      values: json<SetValue[]>(),
      /** What `values` has null for because it is secret; gone once they are queued. */
      sealedValues: optional(bytes()),
      queuedAt: optional(integer()),
      commands: optional(json<CommandId[]>()),
      /** When it was told that they wait, because secret ones of them do not open. */
      unreadableAt: optional(integer()),
    },
    ['deviceId'],
  ),
} as const;
