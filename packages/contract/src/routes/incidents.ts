import Type from 'typebox';
import { DeviceRef, Id, Page, PageQuery } from '../common.ts';
import * as devices from '../devices.ts';
import * as policies from '../policies.ts';
import type { Route } from './route.ts';

const one = Type.Object({ id: Id });

/** Routes of incidents and of what waits for a person. */
export const incidentRoutes = {
  'incidents.list': {
    method: 'GET',
    path: '/incidents',
    scope: 'read',
    summary: 'Incidents, newest first',
    query: Type.Object({
      ...PageQuery,
      state: Type.Optional(policies.IncidentState),
      device: Type.Optional(DeviceRef),
    }),
    status: 200,
    result: Page(policies.Incident),
  },
  'incidents.show': {
    method: 'GET',
    path: '/incidents/:id',
    scope: 'read',
    summary: 'One incident',
    params: one,
    status: 200,
    result: policies.Incident,
  },
  'incidents.acknowledge': {
    method: 'POST',
    path: '/incidents/:id/acknowledge',
    scope: 'operator',
    summary: 'Someone looks after it',
    params: one,
    status: 200,
    result: policies.Incident,
  },
  'incidents.close': {
    method: 'POST',
    path: '/incidents/:id/close',
    scope: 'operator',
    summary: 'Close it',
    params: one,
    status: 200,
    result: policies.Incident,
  },
  'incidents.timeline': {
    method: 'GET',
    path: '/incidents/:id/timeline',
    scope: 'read',
    summary: 'What happened, in order',
    params: one,
    status: 200,
    result: Page(devices.TimelineEntry),
  },
  'approvals.list': {
    method: 'GET',
    path: '/approvals',
    scope: 'read',
    summary: 'Responses that wait for a person',
    query: Type.Object({ state: Type.Optional(policies.Approval.properties.state) }),
    status: 200,
    result: Page(policies.Approval),
  },
  'approvals.approve': {
    method: 'POST',
    path: '/approvals/:id/approve',
    scope: 'operator',
    summary: 'Let the response go ahead',
    params: one,
    status: 200,
    result: policies.Approval,
  },
  'approvals.deny': {
    method: 'POST',
    path: '/approvals/:id/deny',
    scope: 'operator',
    summary: 'Refuse the response',
    params: one,
    status: 200,
    result: policies.Approval,
  },
} as const satisfies Record<string, Route>;
