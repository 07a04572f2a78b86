import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { ArtifactInfo } from '@reeve/contract';
import type { Identity } from '../access/identity.ts';
import { ReeveError } from '../errors.ts';
import { type ArtifactId, type Millis, newId, type OrganisationId } from '../ids.ts';
import type { Store } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import { artifactLimits } from './limits.ts';

type ArtifactRow = Row<'artifacts'>;
type Description = Pick<ArtifactRow, 'name' | 'version' | 'kind' | 'bytes' | 'sha256'>;

interface Options {
  readonly store: Store;
  readonly dataFolder: string;
  readonly now: () => Millis;
}

/**
 * What devices are updated with: rows in the store, bytes in files beside it that are named by their SHA-256. Content
 * comes in pieces, so that an upload that broke off goes on where it was.
 */
export class Artifacts {
  readonly #o: Options;
  readonly #folder: string;
  readonly #rows: Map<ArtifactId, ArtifactRow>;
  /** Those to which a piece is being added. */
  readonly #busy = new Set<string>();

  private constructor(options: Options, folder: string, rows: readonly ArtifactRow[]) {
    this.#o = options;
    this.#folder = folder;
    this.#rows = new Map(rows.map((row) => [row.artifactId, row]));
  }

  static async load(options: Options): Promise<Artifacts> {
    const folder = join(options.dataFolder, 'artifacts');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return new Artifacts(options, folder, await options.store.list('artifacts'));
  }

  get(organisationId: OrganisationId, artifactId: string): ArtifactRow | undefined {
    const row = this.#rows.get(artifactId as ArtifactId);
    return row?.organisationId === organisationId ? row : undefined;
  }

  all(organisationId: OrganisationId): readonly ArtifactRow[] {
    return [...this.#rows.values()].filter((row) => row.organisationId === organisationId);
  }

  async view(row: ArtifactRow): Promise<ArtifactInfo> {
    const { artifactId, name, version, kind, bytes, sha256, addedAt, addedBy } = row;
    const received = await lengthOf(row.ready === 1 ? this.#file(row) : this.#part(row));
    const state = row.ready === 0 ? 'uploading' : received === bytes ? 'ready' : 'missing';
    return { artifactId, name, version, kind, bytes, sha256, received, state, addedAt, addedBy };
  }

  /**
   * Makes room for an artifact; one that is being uploaded, or whose file is gone, goes on.
   *
   * @throws ReeveError `name-taken`, `too-many`, `store-full`
   */
  async add(description: Description, { organisationId, actor }: Identity): Promise<ArtifactInfo> {
    const { name, version, bytes, sha256 } = description;
    const same = this.all(organisationId).find((row) => row.name === name && row.version === version);
    if (same && (same.sha256 !== sha256 || same.bytes !== bytes)) {
      throw new ReeveError('name-taken', `${name} ${version} is another artifact: give this one another version`);
    }
    if (same) return this.#again(same);
    if (this.#rows.size >= artifactLimits.artifacts) {
      throw new ReeveError('too-many', `There are ${artifactLimits.artifacts} artifacts: remove some first`);
    }
    const used = [...this.#rows.values()].reduce((sum, row) => sum + row.bytes, 0);
    if (used + bytes > artifactLimits.allBytes) {
      throw new ReeveError('too-many', `Artifacts may have ${artifactLimits.allBytes} bytes in all: remove some first`);
    }
    const { bavail, bsize } = await statfs(this.#folder);
    if (bavail * bsize < bytes + artifactLimits.spareBytes) {
      throw new ReeveError('store-full', `The disk has no room for ${bytes} bytes: free some`);
    }
    const at = this.#o.now();
    const row: ArtifactRow = {
      ...{ ...description, organisationId, artifactId: newId.artifact(), ready: 0, addedAt: at, addedBy: actor.name },
    };
    await this.#o.store.commit({
      changes: [{ put: 'artifacts', row }],
      journal: [{ type: 'artifact.added', at, organisationId, actor, payload: { name, version, bytes } }],
    });
    this.#rows.set(row.artifactId, row);
    return this.view(row);
  }

  /**
   * Adds the next piece of the content; the last one makes the artifact ready, if its SHA-256 is right.
   *
   * @throws ReeveError `no-such-thing`, `wrong-state` if it is not the next piece, `invalid-value` for a wrong content,
   * after which the upload begins anew
   */
  async append(
    organisationId: OrganisationId,
    artifactId: string,
    offset: number,
    piece: Uint8Array,
  ): Promise<ArtifactInfo> {
    const row = this.get(organisationId, artifactId);
    if (!row) throw unknown(artifactId);
    if (this.#busy.has(row.sha256)) throw new ReeveError('wrong-state', 'Another piece of it is being saved');
    this.#busy.add(row.sha256);
    try {
      await this.#append(row, offset, piece);
    } finally {
      this.#busy.delete(row.sha256);
    }
    return this.view(this.#rows.get(row.artifactId) ?? row);
  }

  /** @throws ReeveError `no-such-thing` */
  async remove(row: ArtifactRow, { organisationId, actor }: Identity): Promise<void> {
    const { artifactId, name, version } = row;
    await this.#o.store.commit({
      changes: [{ delete: 'artifacts', key: { artifactId } }],
      journal: [{ type: 'artifact.removed', at: this.#o.now(), organisationId, actor, payload: { name, version } }],
    });
    this.#rows.delete(artifactId);
    if ([...this.#rows.values()].some(({ sha256 }) => sha256 === row.sha256)) return;
    await rm(this.#file(row), { force: true });
    await rm(this.#part(row), { force: true });
  }

  /** Bytes of an artifact that is ready; fewer at its end. @throws Error if its file can't be read */
  async read(row: Pick<ArtifactRow, 'sha256'>, offset: number, length: number): Promise<Uint8Array> {
    const file = await open(this.#file(row));
    try {
      const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  }

  /** A part of an artifact as a stream. @param end the last byte */
  stream(row: Pick<ArtifactRow, 'sha256'>, start: number, end: number): Readable {
    return createReadStream(this.#file(row), { start, end });
  }

  /** Lets an upload go on; that of an artifact whose file is gone begins anew. */
  async #again(row: ArtifactRow): Promise<ArtifactInfo> {
    const shown = await this.view(row);
    if (shown.state !== 'missing') return shown;
    const anew: ArtifactRow = { ...row, ready: 0 };
    await this.#o.store.commit({ changes: [{ put: 'artifacts', row: anew }] });
    this.#rows.set(row.artifactId, anew);
    return this.view(anew);
  }

  async #append(row: ArtifactRow, offset: number, piece: Uint8Array): Promise<void> {
    const part = this.#part(row);
    const length = await lengthOf(part);
    if (row.ready === 1 && (await lengthOf(this.#file(row))) === row.bytes) return;
    if (offset !== length) throw new ReeveError('wrong-state', `${length} bytes are here: go on from there`);
    if (length + piece.length > row.bytes) {
      throw new ReeveError('invalid-value', `The content is longer than the ${row.bytes} bytes that were announced`);
    }
    try {
      const file = await open(part, 'a', 0o600);
      try {
        await file.appendFile(piece);
        if (length + piece.length === row.bytes) await file.sync();
      } finally {
        await file.close();
      }
    } catch (error) {
      if (error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')) {
        throw new ReeveError('store-full', 'The disk is full: free some, then go on', [], { cause: error });
      }
      throw error;
    }
    if (length + piece.length === row.bytes) await this.#finish(row, part);
  }

  async #finish(row: ArtifactRow, part: string): Promise<void> {
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(part)) hash.update(chunk);
    const sha256 = hash.digest('hex');
    if (sha256 !== row.sha256) {
      await rm(part, { force: true });
      throw new ReeveError('invalid-value', `The content has the SHA-256 ${sha256}, not ${row.sha256}: upload it anew`);
    }
    await rename(part, this.#file(row));
    const folder = await open(this.#folder);
    await folder.sync().finally(() => folder.close());
    for (const same of this.#rows.values()) {
      if (same.sha256 !== sha256 || same.ready === 1) continue;
      const ready: ArtifactRow = { ...same, ready: 1 };
      await this.#o.store.commit({ changes: [{ put: 'artifacts', row: ready }] });
      this.#rows.set(ready.artifactId, ready);
    }
  }

  #file({ sha256 }: Pick<ArtifactRow, 'sha256'>): string {
    return join(this.#folder, sha256);
  }

  #part(row: ArtifactRow): string {
    return `${this.#file(row)}.part`;
  }
}

export function unknown(artifactId: string): ReeveError {
  return new ReeveError('no-such-thing', `No artifact "${artifactId}": see \`reeve artifact ls\``);
}

async function lengthOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}
