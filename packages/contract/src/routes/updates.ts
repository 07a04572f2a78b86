import Type from 'typebox';
import { DeviceRef, Id, Page } from '../common.ts';
import * as updates from '../updates.ts';
import type { Route } from './route.ts';

const artifact = Type.Object({ artifact: Id });
const update = Type.Object({ update: Id });
const device = Type.Object({ device: DeviceRef });

/** Routes of artifacts, and of updates of devices with them. */
export const updateRoutes = {
  'artifacts.list': {
    method: 'GET',
    path: '/artifacts',
    scope: 'read',
    summary: 'Firmware and software for devices',
    status: 200,
    result: Page(updates.ArtifactInfo),
  },
  'artifacts.show': {
    method: 'GET',
    path: '/artifacts/:artifact',
    scope: 'read',
    summary: 'One artifact',
    params: artifact,
    status: 200,
    result: updates.ArtifactInfo,
  },
  'artifacts.add': {
    method: 'POST',
    path: '/artifacts',
    scope: 'operator',
    summary: 'Add an artifact, whose content then comes in pieces; the same one again goes on where it was',
    body: updates.ArtifactAdd,
    status: 201,
    result: updates.ArtifactInfo,
  },
  'artifacts.remove': {
    method: 'DELETE',
    path: '/artifacts/:artifact',
    scope: 'operator',
    summary: 'Remove an artifact that no running update needs',
    params: artifact,
    status: 204,
  },
  'updates.list': {
    method: 'GET',
    path: '/updates',
    scope: 'read',
    summary: 'Updates of devices, newest first',
    query: Type.Object({
      device: Type.Optional(DeviceRef),
      state: Type.Optional(updates.UpdateState),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 100 })),
    }),
    status: 200,
    result: Page(updates.UpdateInfo),
  },
  'updates.show': {
    method: 'GET',
    path: '/updates/:update',
    scope: 'read',
    summary: 'One update',
    params: update,
    status: 200,
    result: updates.UpdateInfo,
  },
  'updates.start': {
    method: 'POST',
    path: '/devices/:device/updates',
    scope: 'operator',
    summary: 'Update a device with an artifact',
    params: device,
    body: updates.UpdateStart,
    status: 202,
    result: updates.UpdateInfo,
  },
  'updates.cancel': {
    method: 'POST',
    path: '/updates/:update/cancel',
    scope: 'operator',
    summary: 'Cancel an update that is not being installed yet',
    params: update,
    status: 200,
    result: updates.UpdateInfo,
  },
} as const satisfies Record<string, Route>;
