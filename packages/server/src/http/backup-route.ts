import { downloads, SEALING_KEY_HEADER } from '@reeve/contract';
import type { FastifyInstance } from 'fastify';
import type { Identity } from '../access/identity.ts';
import type { Backup } from '../backup/backups.ts';
import { identityOf } from './credentials.ts';

/** Registers the route that answers with a backup as a file. */
export function registerBackup(app: FastifyInstance, take: (identity: Identity) => Promise<Backup>): void {
  app.post(
    `/api/v1${downloads.backup.path}`,
    { schema: { operationId: 'downloads.backup', summary: 'Make a backup; answers it as a file' } },
    async (request, reply) => {
      const { bytes, fingerprint, content } = await take(identityOf(request));
      return reply
        .type('application/vnd.sqlite3')
        .header('content-length', bytes)
        .header(SEALING_KEY_HEADER, fingerprint)
        .send(content);
    },
  );
}
