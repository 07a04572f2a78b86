import type { BodyOf, ParamsOf, QueryOf } from '@reeve/contract';
import { Problem, type Route, type RouteName, routes } from '@reeve/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { sessionCookie } from './credentials.ts';
import type { Call, Handlers, PublicCall } from './handlers.ts';

/** Registers every route of the contract with its handler. */
export function registerContract(app: FastifyInstance, handlers: Handlers, secureCookie: boolean): void {
  for (const name of Object.keys(routes) as RouteName[]) registerRoute(app, name, handlers, secureCookie);
}

function registerRoute<N extends RouteName>(
  app: FastifyInstance,
  name: N,
  handlers: Handlers,
  secureCookie: boolean,
): void {
  const route: Route = routes[name];
  // The union of all handlers cannot be called; the handler of N takes what the schema of N let through.
  const handler = handlers[name] as (call: Call<N> | PublicCall<N>) => Promise<unknown>;
  app.route({
    method: route.method,
    url: `/api/v1${route.path}`,
    schema: {
      operationId: name,
      summary: route.summary,
      tags: [name.split('.')[0] ?? name],
      ...(route.params ? { params: route.params } : {}),
      ...(route.query ? { querystring: route.query } : {}),
      ...(route.body ? { body: route.body } : {}),
      response: {
        [route.status]: resultSchema(route),
        '4xx': Problem,
        '5xx': Problem,
      },
    },
    handler: async (request, reply) => {
      const result = await handler(callOf<N>(request, reply, secureCookie));
      if (route.text !== undefined) reply.type(route.text);
      return reply.code(route.status).send(route.result ? result : undefined);
    },
  });
}

function resultSchema({ result, text }: Route): object {
  if (!result) return Type.Null({ description: 'Done' });
  return text === undefined ? result : { description: 'Text', content: { [text]: { schema: result } } };
}

function callOf<N extends RouteName>(
  request: FastifyRequest,
  reply: FastifyReply,
  secureCookie: boolean,
): Call<N> | PublicCall<N> {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  if (reply.raw.destroyed) gone.abort();
  const key = request.headers['idempotency-key'];
  return {
    // Validated by the schemas above.
    params: request.params as ParamsOf<N>,
    query: request.query as QueryOf<N>,
    body: request.body as BodyOf<N>,
    ...(typeof key === 'string' && key !== '' ? { idempotencyKey: key.slice(0, 255) } : {}),
    session: sessionCookie(request, reply, secureCookie),
    signal: gone.signal,
    ...request.identity,
  };
}
