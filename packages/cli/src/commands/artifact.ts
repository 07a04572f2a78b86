import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { type ArtifactInfo, UPLOAD_PIECE_BYTES, uploads, urlOf } from '@reeve/contract';
import { type Context, command } from '../command.ts';
import { Failure, refusalOf } from '../failure.ts';
import { required, text } from '../options.ts';
import { facts, show, showList } from '../output.ts';
import { age } from '../words.ts';

const artifact = { artifact: required('ARTIFACT', 'its id, its name, or NAME/VERSION') };

/** What devices are updated with: see docs/updates.md. */
export const artifactCommands = [
  command({
    name: 'artifact add',
    summary: 'Upload firmware or software for devices; goes on where an upload broke off',
    positionals: { file: required('FILE', 'the package') },
    options: {
      version: text('VERSION', 'which version it is, as the device will say it; must be given'),
      name: text('NAME', 'what it is called, else the name of the file'),
      kind: text('KIND', 'firmware, for object 5, or software, for object 9', 'firmware'),
    },
    run: async (context, given) => {
      const { version, kind, file } = given;
      if (version === undefined) throw new Failure('usage', 'Say --version VERSION');
      if (kind !== 'firmware' && kind !== 'software') throw new Failure('usage', '--kind is firmware or software');
      const name = given.name ?? basename(file);
      const added = await upload(context, file, { name, version, kind });
      show(context, added, () => lines(context, added));
    },
  }),
  command({
    name: 'artifact ls',
    summary: 'List what devices can be updated with',
    run: async (context) =>
      showList(
        context,
        await context.api('artifacts.list'),
        {
          artifact: ({ artifactId }) => artifactId,
          name: ({ name }) => name,
          version: ({ version }) => version,
          kind: ({ kind }) => kind,
          bytes: ({ bytes }) => String(bytes),
          state: ({ state, received, bytes }) => (state === 'uploading' ? `${received} of ${bytes} bytes` : state),
          added: ({ addedAt }) => age(addedAt, context.terminal.now()),
        },
        'No artifacts. Upload one: reeve artifact add FILE --version VERSION',
      ),
  }),
  command({
    name: 'artifact show',
    summary: 'Show an artifact with its SHA-256',
    positionals: artifact,
    run: async (context, given) => {
      const found = await findArtifact(context, given.artifact);
      show(context, found, () => lines(context, found));
    },
  }),
  command({
    name: 'artifact rm',
    summary: 'Remove an artifact that no running update needs',
    positionals: artifact,
    run: async (context, given) => {
      const { artifactId, name, version } = await findArtifact(context, given.artifact);
      await context.api('artifacts.remove', { params: { artifact: artifactId } });
      context.terminal.note(`Removed ${name} ${version}`);
    },
  }),
];

/** By id, by name and version, or by a name of which there is one version. @throws Failure `usage` */
export async function findArtifact(context: Context, said: string): Promise<ArtifactInfo> {
  const { items } = await context.api('artifacts.list');
  const called = items.filter(
    ({ artifactId, name, version }) =>
      said === artifactId || said === name || said === `${name} ${version}` || said === `${name}/${version}`,
  );
  const [found, ...more] = called;
  if (found && more.length === 0) return found;
  throw new Failure(
    'usage',
    found
      ? `There are ${called.length} versions of ${said}: write ${said}/VERSION`
      : `No artifact "${said}": see reeve artifact ls`,
  );
}

async function upload(
  context: Context,
  path: string,
  said: Pick<ArtifactInfo, 'name' | 'version' | 'kind'>,
): Promise<ArtifactInfo> {
  const { size } = await stat(path).catch((error: Error) => {
    throw new Failure('usage', `Cannot read ${path}: ${error.message}`);
  });
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  const body = { ...said, bytes: size, sha256: hash.digest('hex') };
  let artifact = await context.api('artifacts.add', { body });
  const { server, token } = await context.connect();
  const file = await open(path);
  try {
    while (artifact.state !== 'ready') {
      const offset = artifact.received;
      const { buffer, bytesRead } = await file.read(Buffer.alloc(UPLOAD_PIECE_BYTES), 0, UPLOAD_PIECE_BYTES, offset);
      const response = await fetch(server + urlOf(uploads.artifact, { artifact: artifact.artifactId }, { offset }), {
        method: 'PUT',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' },
        body: buffer.subarray(0, bytesRead),
        signal: context.terminal.stopped,
      });
      const answer = await response.text();
      if (!response.ok) throw refusalOf(response.status, answer);
      artifact = JSON.parse(answer) as ArtifactInfo;
      context.terminal.progress(`${(artifact.received / 1e6).toFixed(1)} of ${(size / 1e6).toFixed(1)} MB`);
    }
  } finally {
    await file.close();
  }
  return artifact;
}

function lines(
  context: Context,
  { artifactId, name, version, kind, bytes, sha256, state, addedAt, addedBy }: ArtifactInfo,
) {
  return facts(context, {
    artifact: artifactId,
    name: `${name} ${version}`,
    kind,
    bytes: String(bytes),
    sha256,
    state,
    added: `${age(addedAt, context.terminal.now())} by ${addedBy}`,
  });
}
