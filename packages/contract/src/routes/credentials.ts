import Type from 'typebox';
import { DeviceRef, Id, Page } from '../common.ts';
import * as credentials from '../credentials.ts';
import { DeviceAdded } from '../devices.ts';
import type { Route } from './route.ts';

const device = Type.Object({ device: DeviceRef });
const one = Type.Object({ id: Id });
const deviceAndOne = Type.Object({ device: DeviceRef, id: Id });

/** Routes of what devices and the server prove themselves with, and of who vouches for them. */
export const credentialRoutes = {
  'devices.key': {
    method: 'PUT',
    path: '/devices/:device/key',
    scope: 'operator',
    summary: 'Replace every credential by one pre-shared key; a made one is answered once',
    params: device,
    body: credentials.CredentialChange,
    status: 200,
    result: DeviceAdded,
  },
  'credentials.list': {
    method: 'GET',
    path: '/devices/:device/credentials',
    scope: 'read',
    summary: 'What a device proves itself with',
    params: device,
    status: 200,
    result: Page(credentials.CredentialInfo),
  },
  'credentials.add': {
    method: 'POST',
    path: '/devices/:device/credentials',
    scope: 'operator',
    summary: 'Add a credential beside those that are there; a made key is answered once',
    params: device,
    body: credentials.CredentialAdd,
    status: 201,
    result: credentials.CredentialAdded,
  },
  'credentials.rotate': {
    method: 'PUT',
    path: '/devices/:device/credentials/:id',
    scope: 'operator',
    summary: 'Replace a credential by a new one of its kind; its sessions end',
    params: deviceAndOne,
    body: credentials.CredentialRotate,
    status: 200,
    result: credentials.CredentialAdded,
  },
  'credentials.remove': {
    method: 'DELETE',
    path: '/devices/:device/credentials/:id',
    scope: 'operator',
    summary: 'Remove a credential; its sessions end',
    params: deviceAndOne,
    status: 204,
  },
  'admissions.list': {
    method: 'GET',
    path: '/expiry-admissions',
    scope: 'read',
    summary: 'Devices whose expired certificate is good enough until a date',
    status: 200,
    result: Page(credentials.ExpiryAdmission),
  },
  'admissions.set': {
    method: 'PUT',
    path: '/devices/:device/expiry-admission',
    scope: 'operator',
    summary: 'Admit the expired certificate of a device until a date',
    params: device,
    body: credentials.ExpiryAdmit,
    status: 200,
    result: credentials.ExpiryAdmission,
  },
  'admissions.remove': {
    method: 'DELETE',
    path: '/devices/:device/expiry-admission',
    scope: 'operator',
    summary: 'Admit the expired certificate of a device no longer; sessions with it end',
    params: device,
    status: 204,
  },

  'authorities.list': {
    method: 'GET',
    path: '/authorities',
    scope: 'read',
    summary: 'Certificate authorities of devices',
    status: 200,
    result: Page(credentials.Authority),
  },
  'authorities.add': {
    method: 'POST',
    path: '/authorities',
    scope: 'admin',
    summary: 'Trust a certificate authority to vouch for devices',
    body: credentials.AuthorityAdd,
    status: 201,
    result: credentials.Authority,
  },
  'authorities.change': {
    method: 'PATCH',
    path: '/authorities/:id',
    scope: 'admin',
    summary: 'Change how its certificates tell devices, or its revocation list; by name or id',
    params: one,
    body: credentials.AuthorityChange,
    status: 200,
    result: credentials.Authority,
  },
  'authorities.refresh': {
    method: 'POST',
    path: '/authorities/:id/refresh',
    scope: 'operator',
    summary: 'Fetch its revocation list now',
    params: one,
    status: 200,
    result: credentials.Authority,
  },
  'authorities.remove': {
    method: 'DELETE',
    path: '/authorities/:id',
    scope: 'admin',
    summary: 'Trust it no longer: the credentials under it go, and their sessions end',
    params: one,
    status: 204,
  },
  'server.identity': {
    method: 'GET',
    path: '/server/identity',
    scope: 'read',
    summary: 'What the server proves itself with: what devices are configured with',
    status: 200,
    result: credentials.ServerIdentity,
  },
} as const satisfies Record<string, Route>;
