import { randomUUID } from 'node:crypto';
import { fastifySwagger } from '@fastify/swagger';
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import { allows, type RouteScope, routes, type Scope } from '@reeve/contract';
import {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
  type RouteOptions,
} from 'fastify';
import type { Access } from '../access/access.ts';
import type { Identity } from '../access/identity.ts';
import type { Artifacts } from '../artifacts/artifacts.ts';
import type { Backup } from '../backup/backups.ts';
import { errors, ReeveError } from '../errors.ts';
import type { Millis } from '../ids.ts';
import { type FetchedUpdates, registerArtifacts } from './artifact-routes.ts';
import { registerBackup } from './backup-route.ts';
import { serveConsole } from './console-files.ts';
import { registerContract } from './contract-routes.ts';
import { credentialsOf, notSignedIn, registerCredentials } from './credentials.ts';
import type { Handlers } from './handlers.ts';
import { securityHeaders } from './headers.ts';
import { httpLimits } from './limits.ts';
import { checkOrigin } from './origin.ts';
import { problemOf, toReeveError } from './problems.ts';
import { RateLimit } from './rate-limit.ts';
import { scopeOf } from './route-scopes.ts';
import { type StreamSources, Streams } from './streams.ts';

export interface HttpOptions extends StreamSources {
  readonly access: Pick<Access, 'authenticate' | 'heldBack'>;
  readonly handlers: Handlers;
  readonly artifacts: Artifacts;
  readonly updates: FetchedUpdates;
  readonly takeBackup: (identity: Identity) => Promise<Backup>;
  /** Where people reach the server if that is not where it listens, e.g. behind a proxy. */
  readonly publicUrl?: string;
  /** Folder of the built console. */
  readonly consoleFolder: string;
  readonly version: string;
  readonly now: () => Millis;
  /** Least severe line that is logged to stderr. */
  readonly logLevel: 'info' | 'warn' | 'error' | 'silent';
}

export interface HttpServer {
  /** Origin at which it listens, e.g. `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Ends every stream and connection. */
  close(): Promise<void>;
}

/** Builds the HTTP server and starts to listen. Port 0 takes any free port. */
export async function listenHttp(options: HttpOptions & { host: string; port: number }): Promise<HttpServer> {
  const { app } = await buildHttp(options);
  const url = await app.listen({ host: options.host, port: options.port });
  return { url, close: () => app.close() };
}

/**
 * The HTTP server with every route, not listening yet.
 *
 * @param registered told of each route as it is registered
 */
export async function buildHttp(
  options: HttpOptions,
  registered: (route: RouteOptions) => void = () => {},
): Promise<{ app: FastifyInstance; streams: Streams }> {
  const app = fastify({
    logger: options.logLevel === 'silent' ? false : { level: options.logLevel, stream: process.stderr },
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    bodyLimit: httpLimits.bodyBytes,
    requestTimeout: httpLimits.requestTime,
    keepAliveTimeout: httpLimits.keepAlive,
    forceCloseConnections: true,
    // A HEAD of an event stream would be a stream.
    exposeHeadRoutes: false,
    // A path that cannot be decoded meets no hook.
    frameworkErrors: (error, request, reply) => void answerProblem(error, request, reply.headers(securityHeaders)),
    routerOptions: { maxParamLength: httpLimits.paramLength },
  });
  app.addHook('onRoute', registered);
  app.addHook('onRoute', ({ method, url, schema }) => {
    if (schema) schema.security = securityOf(scopeOf(String(method), url));
  });
  app.server.maxConnections = httpLimits.connections;
  app.removeContentTypeParser('text/plain');
  app.setValidatorCompiler(TypeBoxValidatorCompiler);
  app.setErrorHandler(answerProblem);
  app.setNotFoundHandler(noSuchRoute);
  await registerCredentials(app);
  guard(app, options);
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Reeve', version: options.version },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer' },
        },
      },
      security: [{ bearer: [] }],
    },
  });
  registerContract(app, options.handlers, isHttps(options.publicUrl));
  registerBackup(app, options.takeBackup);
  registerArtifacts(app, options.artifacts, options.updates);
  const streams = keepStreams(app, new Streams(options));
  app.get('/api/v1/openapi.json', { schema: { hide: true } }, () => app.swagger());
  app.get('/api/*', { schema: { hide: true } }, noSuchRoute);
  // Where scrapers look by themselves.
  app.get('/metrics', { schema: { hide: true } }, (_, reply) => reply.redirect(METRICS_URL, 308));
  await serveConsole(app, options.consoleFolder);
  return { app, streams };
}

const METRICS_URL = `/api/v1${routes['server.metrics'].path}`;

/** Every error, ours or fastify's, leaves as a problem (RFC 9457); what we did not foresee is logged in full. */
function answerProblem(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = toReeveError(thrown, request.id);
  const { status, fault } = errors[error.code];
  if (fault === 'server') request.log.error({ err: thrown, code: error.code }, 'request failed');
  return reply.code(status).type('application/problem+json').send(problemOf(error));
}

function noSuchRoute(request: { method: string; url: string }): never {
  throw new ReeveError('no-such-route', `There is no ${request.method} ${request.url.split('?')[0]}`);
}

/** What every request passes before its route: headers of the answer, credentials, Host and Origin, sign-in rate. */
function guard(app: FastifyInstance, { access, publicUrl, now }: HttpOptions): void {
  const trusted = publicUrl === undefined ? undefined : new URL(publicUrl);
  const signIns = new RateLimit({
    perCaller: httpLimits.signInsPerAddress,
    total: httpLimits.signIns,
    callers: httpLimits.signInAddresses,
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(securityHeaders);
    if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store');
    const credentials = credentialsOf(request);
    const needed = scopeOf(request.method, request.routeOptions.url);
    if (needed !== 'public') await authorize(request, reply, access, needed);
    checkOrigin(request.raw, trusted, credentials.bearer !== undefined);
    if (needed === 'public' && request.method === 'POST' && !signIns.admit(request.ip, now())) {
      throw new ReeveError('too-many', 'Too many attempts to sign in; wait a minute');
    }
  });
}

/** Characters of a path that the journal keeps. */
const MAX_TOLD = 200;

/** Lets a request pass whose maker is known, and may do what is asked. */
async function authorize(
  request: FastifyRequest,
  reply: FastifyReply,
  access: HttpOptions['access'],
  needed: Exclude<RouteScope, 'public'>,
): Promise<void> {
  const grant = await access.authenticate(credentialsOf(request));
  request.identity = grant;
  if (!grant) throw notSignedIn();
  if (needed === 'signed-in' || allows(grant.scope, needed)) return;
  // RFC 6750 §3.1.
  reply.header('www-authenticate', `Bearer error="insufficient_scope", scope="${needed}"`);
  throw await access.heldBack(grant, needed, `${request.method} ${request.url.split('?')[0]?.slice(0, MAX_TOLD)}`);
}

/** For OpenAPI 3.1.0, where the list beside a scheme may name what a caller must be allowed to do. */
function securityOf(needed: RouteScope): Record<string, Scope[]>[] {
  if (needed === 'public') return [];
  return [{ bearer: needed === 'signed-in' ? [] : [needed] }];
}

/** Registers the streams, which live and end with the server. */
function keepStreams(app: FastifyInstance, streams: Streams): Streams {
  streams.register(app);
  const timer = setInterval(() => void streams.beat(), httpLimits.heartbeat);
  timer.unref();
  app.addHook('preClose', async () => {
    clearInterval(timer);
    streams.close();
  });
  return streams;
}

function isHttps(url: string | undefined): boolean {
  return url?.startsWith('https://') ?? false;
}
