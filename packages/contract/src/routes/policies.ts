import Type from 'typebox';
import { Id, Page, PageQuery } from '../common.ts';
import * as policies from '../policies.ts';
import type { Route } from './route.ts';

const one = Type.Object({ id: Id });

/** Routes of policies. */
export const policyRoutes = {
  'policies.list': {
    method: 'GET',
    path: '/policies',
    scope: 'read',
    summary: 'Policies',
    status: 200,
    result: Page(policies.Policy),
  },
  'policies.apply': {
    method: 'PUT',
    path: '/policies',
    scope: 'operator',
    summary: 'Apply a policy document',
    body: Type.Object({ source: Type.String({ maxLength: 262_144 }) }),
    status: 200,
    result: policies.PolicyApplied,
  },
  'policies.show': {
    method: 'GET',
    path: '/policies/:id',
    scope: 'read',
    summary: 'One policy',
    params: one,
    status: 200,
    result: policies.Policy,
  },
  'policies.devices': {
    method: 'GET',
    path: '/policies/:id/devices',
    scope: 'read',
    summary: 'Rules of the policy, device by device',
    params: one,
    query: Type.Object(PageQuery),
    status: 200,
    result: Page(policies.PolicyDevice),
  },
  'policies.remove': {
    method: 'DELETE',
    path: '/policies/:id',
    scope: 'operator',
    summary: 'Remove a policy; its automatic responses are undone',
    params: one,
    status: 204,
  },
} as const satisfies Record<string, Route>;
