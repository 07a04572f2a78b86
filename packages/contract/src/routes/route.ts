import type Type from 'typebox';
import type { RouteScope } from '../scopes.ts';

/** One route of the API: everything that server, console, CLI and openapi.json know of it. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With `:name` parameters, below `/api/v1`. */
  readonly path: string;
  /** What the caller needs. */
  readonly scope: RouteScope;
  readonly summary: string;
  readonly params?: Type.TObject;
  readonly query?: Type.TObject;
  readonly body?: Type.TSchema;
  /** Success status and its body. */
  readonly status: 200 | 201 | 202 | 204;
  readonly result?: Type.TSchema;
  /** Media type of the result if it is text instead of JSON. */
  readonly text?: string;
}
