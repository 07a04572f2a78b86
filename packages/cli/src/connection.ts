import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Connection } from './command.ts';
import { Failure } from './failure.ts';
import type { Terminal } from './terminal.ts';

/** What the command line says of the server. */
interface Where {
  readonly server: string | undefined;
  readonly data: string;
  readonly tokenFile: string | undefined;
}

/**
 * Finds the server and the token for it: options first, then the environment, then the server of this folder.
 *
 * @throws Failure `usage` for a server that is no URL, `not-allowed` without a token
 */
export async function resolveConnection(where: Where, env: Terminal['env']): Promise<Connection> {
  const named = where.server ?? env.REEVE_SERVER ?? 'http://127.0.0.1:8080';
  if (!/^https?:\/\/[^/]/.test(named) || !URL.canParse(named)) {
    throw new Failure('usage', `"${named}" is no server`, 'Write --server http://HOST:PORT');
  }
  return { server: new URL(named).origin, token: await findToken(where, env) };
}

async function findToken({ tokenFile, data }: Where, env: Terminal['env']): Promise<string> {
  if (tokenFile === undefined && env.REEVE_TOKEN) return env.REEVE_TOKEN;
  const file = tokenFile ?? join(data, 'local.token');
  const token = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Failure(
      'not-allowed',
      error.code === 'ENOENT' ? `There is no token at ${file}` : `Cannot read the token: ${error.message}`,
      tokenFile === undefined
        ? 'Start the server here (npm start), say where its data are (--data FOLDER), or give --token-file FILE or $REEVE_TOKEN'
        : undefined,
    );
  });
  if (!/^[\x21-\x7e]+$/.test(token.trim())) throw new Failure('not-allowed', `${file} holds no token`);
  return token.trim();
}

/** A `fetch` that says in words that no server answers. */
export function reaching(server: string): typeof globalThis.fetch {
  return async (input, init) => {
    try {
      return await fetch(input, init);
    } catch (error) {
      if (init?.signal?.aborted) throw error;
      const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : '';
      throw new Failure(
        'unreachable',
        `No server answers at ${server}${cause}`,
        'Start it with npm start, or say where it is: --server URL',
      );
    }
  };
}
