import Type from 'typebox';
import { DeviceRef, Instant, ObservedText, Page, PageQuery, PathText } from '../common.ts';
import * as devices from '../devices.ts';
import type { Route } from './route.ts';

const device = Type.Object({ device: DeviceRef });

/** Routes of devices, their history and what is observed of them. */
export const deviceRoutes = {
  'devices.list': {
    method: 'GET',
    path: '/devices',
    summary: 'Devices, searched by endpoint, label (key=value), site or owner',
    query: Type.Object({ ...PageQuery, search: Type.Optional(Type.String({ maxLength: 255 })) }),
    status: 200,
    result: Page(devices.DeviceSummary),
  },
  'devices.add': {
    method: 'POST',
    path: '/devices',
    summary: 'Add a device and its key',
    body: devices.DeviceAdd,
    status: 201,
    result: devices.DeviceAdded,
  },
  'devices.import': {
    method: 'POST',
    path: '/device-imports',
    summary: 'Add many devices with their keys: all of them or none',
    body: devices.DevicesImport,
    status: 201,
    result: Type.Object({ added: Type.Integer() }),
  },
  'devices.show': {
    method: 'GET',
    path: '/devices/:device',
    summary: 'Everything known of one device',
    params: device,
    status: 200,
    result: devices.DeviceDetail,
  },
  'devices.change': {
    method: 'PATCH',
    path: '/devices/:device',
    summary: 'Change labels, site, owner, model',
    params: device,
    body: devices.DeviceChange,
    status: 200,
    result: devices.DeviceSummary,
  },
  'devices.remove': {
    method: 'DELETE',
    path: '/devices/:device',
    summary: 'Remove a device and its keys',
    params: device,
    status: 204,
  },
  'devices.history': {
    method: 'GET',
    path: '/devices/:device/history',
    summary: 'History of one resource',
    params: device,
    query: Type.Object({
      path: PathText,
      from: Type.Optional(Instant),
      to: Type.Optional(Instant),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, default: 1000 })),
    }),
    status: 200,
    result: devices.History,
  },
  'devices.timeline': {
    method: 'GET',
    path: '/devices/:device/timeline',
    summary: 'Journal of one device, newest first',
    params: device,
    query: Type.Object({ before: Type.Optional(Type.Integer()), limit: PageQuery.limit }),
    status: 200,
    result: Page(devices.TimelineEntry),
  },
  'devices.observe': {
    method: 'PUT',
    path: '/devices/:device/observations',
    summary: 'Keep a path, or several as one, observed for people',
    params: device,
    body: Type.Object({ path: ObservedText }),
    status: 200,
    result: devices.Observation,
  },
  'devices.unobserve': {
    method: 'DELETE',
    path: '/devices/:device/observations',
    summary: 'Stop observing for people what was asked for so',
    params: device,
    query: Type.Object({ path: ObservedText }),
    status: 204,
  },
  'devices.lock': {
    method: 'PUT',
    path: '/devices/:device/lock',
    summary: 'A person holds or lets go the lock',
    params: device,
    body: Type.Object({ held: Type.Boolean() }),
    status: 202,
    result: devices.LockStatus,
  },
} as const satisfies Record<string, Route>;
