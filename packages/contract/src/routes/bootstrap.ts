import Type from 'typebox';
import { AccountKeysStatus, BootstrapKeys, ShortServerIdText } from '../account-keys.ts';
import * as bootstrap from '../bootstrap.ts';
import { DeviceRef, Id, Page, PageQuery } from '../common.ts';
import type { Route } from './route.ts';

const group = Type.Object({ name: bootstrap.GroupName });
const device = Type.Object({ device: DeviceRef });
const account = Type.Object({ device: DeviceRef, server: ShortServerIdText });

/** Routes of the bootstrap server: what it gives to whom, and what it did. */
export const bootstrapRoutes = {
  'bootstrap.list': {
    method: 'GET',
    path: '/bootstraps',
    scope: 'read',
    summary: 'Bootstrap sessions, newest first',
    query: Type.Object({
      device: Type.Optional(DeviceRef),
      state: Type.Optional(bootstrap.BootstrapState),
      ...PageQuery,
    }),
    status: 200,
    result: Page(bootstrap.BootstrapSession),
  },
  'bootstrap.show': {
    method: 'GET',
    path: '/bootstraps/:id',
    scope: 'read',
    summary: 'A bootstrap session, step by step',
    params: Type.Object({ id: Id }),
    status: 200,
    result: bootstrap.BootstrapSession,
  },
  'bootstrap.templates': {
    method: 'GET',
    path: '/bootstrap-templates',
    scope: 'read',
    summary: 'What devices are given, by group',
    status: 200,
    result: Page(bootstrap.BootstrapGroup),
  },
  'bootstrap.template': {
    method: 'GET',
    path: '/bootstrap-templates/:name',
    scope: 'read',
    summary: 'What the devices of a group are given',
    params: group,
    status: 200,
    result: bootstrap.BootstrapGroup,
  },
  'bootstrap.set-template': {
    method: 'PUT',
    path: '/bootstrap-templates/:name',
    scope: 'operator',
    summary: 'Say what the devices of a group are given from now on',
    params: group,
    body: bootstrap.BootstrapTemplate,
    status: 200,
    result: bootstrap.BootstrapGroup,
  },
  'bootstrap.remove-template': {
    method: 'DELETE',
    path: '/bootstrap-templates/:name',
    scope: 'operator',
    summary: 'Remove the template of a group: its devices are given the default one',
    params: group,
    status: 204,
  },
  'bootstrap.account-keys': {
    method: 'GET',
    path: '/devices/:device/account-keys',
    scope: 'read',
    summary: 'Which accounts on servers elsewhere a device has keys for, of its own or of its template; not the keys',
    params: device,
    status: 200,
    result: Page(AccountKeysStatus),
  },
  'bootstrap.set-account-keys': {
    method: 'PUT',
    path: '/devices/:device/account-keys/:server',
    scope: 'operator',
    summary: 'Give a device keys of its own for an account on a server elsewhere, from its next bootstrap on',
    params: account,
    body: BootstrapKeys,
    status: 200,
    result: AccountKeysStatus,
  },
  'bootstrap.remove-account-keys': {
    method: 'DELETE',
    path: '/devices/:device/account-keys/:server',
    scope: 'operator',
    summary: 'Take the keys of its own from a device: it is given those of its template',
    params: account,
    status: 204,
  },
} as const satisfies Record<string, Route>;
