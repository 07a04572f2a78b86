import { chmod, open, readFile, rename, stat } from 'node:fs/promises';
import type { OrganisationId } from '../ids.ts';
import { serverActor } from './identity.ts';
import type { Tokens } from './tokens.ts';

const NAME = 'local command line';

/**
 * Sees to it that `file` holds a valid bearer token that its owner alone can read (mode 0600): whoever may read the
 * data folder may use the command line without signing in. A token that others could read is revoked and replaced.
 *
 * @returns the token
 */
export async function localToken(tokens: Tokens, organisationId: OrganisationId, file: string): Promise<string> {
  const present = await read(file);
  if (present) {
    const token = await tokens.find(present.secret);
    if (token && !present.exposed) return present.secret;
    if (token) await tokens.revoke(token, serverActor);
  }
  const { secret } = await tokens.create(organisationId, NAME, 'admin', serverActor);
  await write(file, secret);
  return secret;
}

async function read(file: string): Promise<{ secret: string; exposed: boolean } | undefined> {
  try {
    const { mode } = await stat(file);
    return { secret: (await readFile(file, 'utf8')).trim(), exposed: (mode & 0o077) !== 0 };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Replaces the file in one step, so that a crash leaves the old one or the new one. */
async function write(file: string, secret: string): Promise<void> {
  const fresh = `${file}.new`;
  const handle = await open(fresh, 'w', 0o600);
  try {
    // A left-over from a crash keeps its own mode when it is opened.
    await chmod(fresh, 0o600);
    await handle.writeFile(`${secret}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(fresh, file);
}
