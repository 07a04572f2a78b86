import { existsSync, readdirSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import { fastifyStatic } from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { ReeveError } from '../errors.ts';

/** Shown where the console's files should be. */
const missing = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Reeve</title>
<h1>The server is running, but its console is not built</h1>
<p>Build it once, then reload this page: <code>npm run build -w @reeve/console</code></p>
<p>The API is at <code>/api/v1</code>, and <code>./reeve</code> works without the console.</p>
</html>
`;

/**
 * Serves the console: its files, and its page for every other path, since the page finds its own way by the path.
 * Files whose names carry a hash of their content (below `assets/`) may be kept for ever.
 *
 * @param folder of the built console; a page says what to do if it is missing
 */
export async function serveConsole(app: FastifyInstance, folder: string): Promise<void> {
  const root = resolve(folder);
  const page = 'index.html';
  const files = new Set(existsSync(root) ? filesBelow(root) : []);
  if (!files.has(page)) {
    app.get('/*', { schema: { hide: true } }, (_, reply) => reply.type('text/html; charset=utf-8').send(missing));
    return;
  }
  await app.register(fastifyStatic, { root, serve: false, cacheControl: false });
  app.get<{ Params: { '*': string } }>('/*', { schema: { hide: true } }, (request, reply) => {
    const path = request.params['*'];
    const hashed = path.startsWith('assets/');
    if (hashed && !files.has(path)) throw new ReeveError('no-such-route', `There is no file ${path}`);
    reply.header('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    return reply.sendFile(files.has(path) ? path : page);
  });
}

function filesBelow(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, resolve(entry.parentPath, entry.name)).split(sep).join('/'));
}
