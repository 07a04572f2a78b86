import { Readable } from 'node:stream';
import { UPLOAD_PIECE_BYTES, uploads } from '@reeve/contract';
import type { FastifyInstance } from 'fastify';
import type { Artifacts } from '../artifacts/artifacts.ts';
import { ReeveError } from '../errors.ts';
import type { Updates } from '../updates/updates.ts';
import { identityOf } from './credentials.ts';

/** Where devices fetch by HTTP what they are updated with. */
export const FETCH_URL = '/artifacts/:token';

/** What is told of devices that fetch. */
export type FetchedUpdates = Pick<Updates, 'byToken' | 'served'>;

/** One range of bytes (RFC 9110 §14.1.2), as devices that go on with a download ask for it. */
const RANGE = /^bytes=(\d{1,15})-(\d{0,15})$/;

/** Registers the routes whose bodies are files: pieces of artifacts on their way in, artifacts on their way out. */
export function registerArtifacts(app: FastifyInstance, artifacts: Artifacts, updates: FetchedUpdates): void {
  app.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );
  app.put<{ Params: { artifact: string }; Querystring: { offset?: string } }>(
    `/api/v1${uploads.artifact.path}`,
    {
      bodyLimit: UPLOAD_PIECE_BYTES,
      schema: { operationId: 'uploads.artifact', summary: 'Add the next piece of the content of an artifact' },
    },
    async (request) => {
      const { body } = request;
      const offset = Number(request.query.offset ?? 0);
      if (!(body instanceof Uint8Array) || !Number.isSafeInteger(offset)) {
        throw new ReeveError('invalid-request', 'A piece is application/octet-stream, with ?offset=');
      }
      return artifacts.append(identityOf(request).organisationId, request.params.artifact, offset, body);
    },
  );
  app.get<{ Params: { token: string } }>(FETCH_URL, { schema: { hide: true } }, async (request, reply) => {
    const { token } = request.params;
    const found = updates.byToken(token);
    if (!found) throw new ReeveError('no-such-thing', 'There is nothing here, or not any more');
    const { artifact } = found;
    const etag = `"${artifact.sha256}"`;
    const same = request.headers['if-range'] === undefined || request.headers['if-range'] === etag;
    const range = same ? RANGE.exec(request.headers.range ?? '') : null;
    const start = Number(range?.[1] ?? 0);
    const end = Math.min(range?.[2] ? Number(range[2]) : artifact.bytes - 1, artifact.bytes - 1);
    reply.header('accept-ranges', 'bytes').header('etag', etag).header('cache-control', 'no-store');
    if (start > end) {
      reply.header('content-range', `bytes */${artifact.bytes}`);
      return reply.code(416).send();
    }
    if (range) reply.code(206).header('content-range', `bytes ${start}-${end}/${artifact.bytes}`);
    const pieces = artifacts.stream(artifact, start, end);
    const content = Readable.from(
      told(pieces, (bytes) => updates.served(token, start + bytes)),
      { objectMode: false },
    );
    return reply
      .type('application/octet-stream')
      .header('content-length', end - start + 1)
      .send(content);
  });
}

/** The same bytes, and how many there were with each piece. */
async function* told(pieces: AsyncIterable<Uint8Array>, tell: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.length;
    tell(bytes);
    yield piece;
  }
}
