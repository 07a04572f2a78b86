import Type from 'typebox';
import { DeviceRef, Id, Page, PageQuery } from '../common.ts';
import * as handshakes from '../handshakes.ts';
import type { Route } from './route.ts';

const one = Type.Object({ id: Id });

/** Routes of handshakes that failed. */
export const handshakeRoutes = {
  'handshakes.list': {
    method: 'GET',
    path: '/handshakes',
    scope: 'read',
    summary: "Why can't my device connect? Failed handshakes, newest first",
    query: Type.Object({
      ...PageQuery,
      device: Type.Optional(DeviceRef),
      check: Type.Optional(Type.String({ maxLength: 64, description: 'only those that failed this check' })),
    }),
    status: 200,
    result: Page(handshakes.FailedHandshake),
  },
  'handshakes.show': {
    method: 'GET',
    path: '/handshakes/:id',
    scope: 'read',
    summary: 'One failed handshake',
    params: one,
    status: 200,
    result: handshakes.FailedHandshake,
  },
  'handshakes.counters': {
    method: 'GET',
    path: '/handshake-counters',
    scope: 'read',
    summary: 'How handshakes went since the server started',
    status: 200,
    result: handshakes.HandshakeCounters,
  },
} as const satisfies Record<string, Route>;
