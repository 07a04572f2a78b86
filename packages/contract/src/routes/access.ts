import Type from 'typebox';
import * as access from '../access.ts';
import { Id, Page } from '../common.ts';
import type { Route } from './route.ts';

const one = Type.Object({ id: Id });

/** Routes of people and programs: signing in, tokens. */
export const accessRoutes = {
  'session.show': {
    method: 'GET',
    path: '/session',
    scope: 'signed-in',
    summary: 'Who am I, and what server is this',
    status: 200,
    result: access.Session,
  },
  'session.open': {
    method: 'POST',
    path: '/session',
    scope: 'public',
    summary: 'Sign in with a one-time token',
    body: access.SignIn,
    status: 200,
    result: access.Session,
  },
  'session.close': { method: 'DELETE', path: '/session', scope: 'signed-in', summary: 'Sign out', status: 204 },
  'people.list': {
    method: 'GET',
    path: '/people',
    scope: 'admin',
    summary: 'People',
    status: 200,
    result: Page(access.Person),
  },
  'people.add': {
    method: 'POST',
    path: '/people',
    scope: 'admin',
    summary: 'Add a person; answers their first sign-in link',
    body: access.PersonAdd,
    status: 201,
    result: access.SignInLink,
  },
  'people.link': {
    method: 'POST',
    path: '/people/:id/link',
    scope: 'admin',
    summary: 'A new one-time sign-in link, by name or id',
    params: one,
    status: 201,
    result: access.SignInLink,
  },
  'tokens.list': {
    method: 'GET',
    path: '/tokens',
    scope: 'admin',
    summary: 'Bearer tokens',
    status: 200,
    result: Page(access.Token),
  },
  'tokens.create': {
    method: 'POST',
    path: '/tokens',
    scope: 'admin',
    summary: 'Make a bearer token',
    body: access.TokenCreate,
    status: 201,
    result: access.TokenCreated,
  },
  'tokens.revoke': {
    method: 'DELETE',
    path: '/tokens/:id',
    scope: 'admin',
    summary: 'Revoke a bearer token',
    params: one,
    status: 204,
  },
} as const satisfies Record<string, Route>;
