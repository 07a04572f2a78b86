import Type from 'typebox';
import * as access from '../access.ts';
import { Id, Page } from '../common.ts';
import type { Route } from './route.ts';

const one = Type.Object({ id: Id });

/** Routes of webhooks. */
export const webhookRoutes = {
  'webhooks.list': {
    method: 'GET',
    path: '/webhooks',
    scope: 'admin',
    summary: 'Webhooks',
    status: 200,
    result: Page(access.Webhook),
  },
  'webhooks.add': {
    method: 'POST',
    path: '/webhooks',
    scope: 'admin',
    summary: 'Add a webhook; its secret is answered once',
    body: access.WebhookAdd,
    status: 201,
    result: access.WebhookAdded,
  },
  'webhooks.remove': {
    method: 'DELETE',
    path: '/webhooks/:id',
    scope: 'admin',
    summary: 'Remove a webhook',
    params: one,
    status: 204,
  },
  'webhooks.test': {
    method: 'POST',
    path: '/webhooks/:id/test',
    scope: 'admin',
    summary: 'Queue a test notice',
    params: one,
    status: 202,
  },
  'webhooks.dead': {
    method: 'GET',
    path: '/dead-letters',
    scope: 'admin',
    summary: 'Notices given up after their last try',
    status: 200,
    result: Page(access.DeadLetter),
  },
  'webhooks.redeliver': {
    method: 'POST',
    path: '/dead-letters/:id/redeliver',
    scope: 'admin',
    summary: 'Try a dead notice again',
    params: one,
    status: 202,
  },
} as const satisfies Record<string, Route>;
