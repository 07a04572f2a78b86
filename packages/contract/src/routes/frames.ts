import Type from 'typebox';
import { DeviceRef, Page } from '../common.ts';
import * as frames from '../frames.ts';
import type { Route } from './route.ts';

const device = Type.Object({ device: DeviceRef });
const named = Type.Object({ name: Type.String({ maxLength: 64 }) });

/** Routes of devices whose networks are too thin for a handshake. */
export const frameRoutes = {
  'frames.take': {
    method: 'POST',
    path: '/frames',
    scope: 'frames',
    summary: 'Take a frame from the callback of a network; a repeated one is answered as the first',
    body: frames.FrameDelivery,
    status: 204,
  },
  'frames.show': {
    method: 'GET',
    path: '/devices/:device/frames',
    scope: 'read',
    summary: 'How a device sends frames',
    params: device,
    status: 200,
    result: frames.FrameSource,
  },
  'frames.set': {
    method: 'PUT',
    path: '/devices/:device/frames',
    scope: 'operator',
    summary: 'Let a device send frames; a made key is answered once, and a new key counts from 1 again',
    params: device,
    body: frames.FrameSourceSet,
    status: 200,
    result: frames.FrameSourceAnswer,
  },
  'frames.remove': {
    method: 'DELETE',
    path: '/devices/:device/frames',
    scope: 'operator',
    summary: 'Take frames of a device no longer',
    params: device,
    status: 204,
  },
  'layouts.list': {
    method: 'GET',
    path: '/frame-layouts',
    scope: 'read',
    summary: 'Layouts of frames',
    status: 200,
    result: Page(frames.FrameLayout),
  },
  'layouts.set': {
    method: 'PUT',
    path: '/frame-layouts',
    scope: 'operator',
    summary: 'Add or replace a layout of frames, by its name',
    body: frames.FrameLayout,
    status: 200,
    result: frames.FrameLayout,
  },
  'layouts.remove': {
    method: 'DELETE',
    path: '/frame-layouts/:name',
    scope: 'operator',
    summary: 'Remove a layout that no device uses',
    params: named,
    status: 204,
  },
} as const satisfies Record<string, Route>;
