import { fastifyCookie } from '@fastify/cookie';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Credentials, Identity } from '../access/identity.ts';
import { accessLimits } from '../access/limits.ts';
import { ReeveError } from '../errors.ts';
import type { SessionCookie } from './handlers.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who made the request; undefined on public routes. */
    identity: Identity | undefined;
  }
}

/** Lets requests carry cookies and an identity. */
export async function registerCredentials(app: FastifyInstance): Promise<void> {
  await app.register(fastifyCookie);
  app.decorateRequest('identity', undefined);
}

/** What a request brings to prove who sent it. */
export function credentialsOf(request: FastifyRequest): Credentials {
  const bearer = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const session = request.cookies[cookieName(request)];
  return { ...(bearer === undefined ? {} : { bearer }), ...(session === undefined ? {} : { session }) };
}

/** Who made a request that had to prove it. @throws ReeveError `not-signed-in` */
export function identityOf(request: FastifyRequest): Identity {
  if (request.identity) return request.identity;
  throw notSignedIn();
}

/** The error for a request that had to prove who made it. */
export function notSignedIn(): ReeveError {
  return new ReeveError('not-signed-in', 'Open a sign-in link (./reeve user link NAME), or send a bearer token');
}

/**
 * The session cookie: scripts cannot read it, and other sites' requests do not carry it. `secure` keeps it off plain
 * HTTP, where the public URL is HTTPS.
 */
export function sessionCookie(request: FastifyRequest, reply: FastifyReply, secure: boolean): SessionCookie {
  const { session } = credentialsOf(request);
  const attributes = { httpOnly: true, sameSite: 'strict', path: '/', secure } as const;
  return {
    ...(session === undefined ? {} : { secret: session }),
    set: (secret) =>
      void reply.setCookie(cookieName(request), secret, { ...attributes, maxAge: accessLimits.sessionLife / 1000 }),
    clear: () => void reply.clearCookie(cookieName(request), attributes),
  };
}

/** Cookies are shared by all ports of a host (RFC 6265 §8.5): the name keeps two servers on one machine apart. */
function cookieName(request: FastifyRequest): string {
  return `reeve-session-${request.socket.localPort ?? 0}`;
}
