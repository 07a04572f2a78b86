import Type from 'typebox';
import { Id, Page } from '../common.ts';
import * as models from '../models.ts';
import type { Route } from './route.ts';

/** An object id. */
const object = Id;

/** Routes of object definitions. */
export const modelRoutes = {
  'models.list': {
    method: 'GET',
    path: '/models',
    scope: 'read',
    summary: 'Every version of every object that the server knows',
    status: 200,
    result: Page(models.ModelInfo),
  },
  'models.show': {
    method: 'GET',
    path: '/models/:object',
    scope: 'read',
    summary: 'An object with its resources, in its newest or a given version',
    params: Type.Object({ object }),
    query: Type.Object({ version: Type.Optional(Id) }),
    status: 200,
    result: models.ModelDetail,
  },
  'models.add': {
    method: 'POST',
    path: '/models',
    scope: 'operator',
    summary: 'Add the object definitions of an XML document, or replace those that were added before',
    body: models.ModelAdd,
    status: 201,
    result: Page(models.ModelInfo),
  },
  'models.remove': {
    method: 'DELETE',
    path: '/models/:object/:version',
    scope: 'operator',
    summary: 'Remove a definition that was added',
    params: Type.Object({ object, version: Id }),
    status: 204,
  },
} as const satisfies Record<string, Route>;
