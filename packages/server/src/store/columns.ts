import type { DeviceId, OrganisationId } from '../ids.ts';
import { text } from './schema.ts';

/** Columns of every row. */
export const organisation = { organisationId: text<OrganisationId>() };
/** Columns of every row of a device. */
export const device = { ...organisation, deviceId: text<DeviceId>() };
