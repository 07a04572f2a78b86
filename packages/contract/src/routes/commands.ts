import Type from 'typebox';
import * as commands from '../commands.ts';
import { DeviceRef, Id, Page, PageQuery } from '../common.ts';
import type { Route } from './route.ts';

const device = Type.Object({ device: DeviceRef });
const one = Type.Object({ id: Id });
/** Commands: `wait` lets a person's request stay open for the outcome. */
const wait = Type.Optional(
  Type.Integer({ minimum: 0, maximum: 60, description: 'seconds to wait for the outcome before answering 202' }),
);

/** Routes of commands to devices. */
export const commandRoutes = {
  'commands.create': {
    method: 'POST',
    path: '/devices/:device/commands',
    scope: 'operator',
    summary: 'Queue a command; `Idempotency-Key` makes a repeat harmless',
    params: device,
    query: Type.Object({ wait }),
    body: commands.CommandCreate,
    status: 202,
    result: commands.Command,
  },
  'commands.cost': {
    method: 'POST',
    path: '/devices/:device/command-costs',
    scope: 'read',
    summary: 'What a command would cost the device; nothing is sent',
    params: device,
    body: Type.Object({ operation: commands.CommandOperation }),
    status: 200,
    result: commands.CommandCost,
  },
  'commands.list': {
    method: 'GET',
    path: '/commands',
    scope: 'read',
    summary: 'Commands, newest first',
    query: Type.Object({ ...PageQuery, device: Type.Optional(DeviceRef), state: Type.Optional(commands.CommandState) }),
    status: 200,
    result: Page(commands.Command),
  },
  'commands.show': {
    method: 'GET',
    path: '/commands/:id',
    scope: 'read',
    summary: 'One command with its receipts',
    params: one,
    query: Type.Object({ wait }),
    status: 200,
    result: commands.Command,
  },
  'commands.cancel': {
    method: 'DELETE',
    path: '/commands/:id',
    scope: 'operator',
    summary: 'Cancel a queued command',
    params: one,
    status: 200,
    result: commands.Command,
  },
} as const satisfies Record<string, Route>;
