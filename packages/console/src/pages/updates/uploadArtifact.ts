import {
  ApiError,
  type ArtifactInfo,
  type BodyOf,
  type Problem,
  UPLOAD_PIECE_BYTES,
  uploads,
  urlOf,
} from '@reeve/contract';
import { api, Failure } from '../../data/api.ts';

/** What is said of an artifact before its content comes. */
type Said = Pick<BodyOf<'artifacts.add'>, 'name' | 'version' | 'kind'>;

/**
 * Sends a file piece by piece; one whose upload broke off goes on where it was.
 *
 * @param progress told how many bytes are there, again and again
 * @throws ApiError, Failure
 */
export async function uploadArtifact(
  file: Blob,
  said: Said,
  progress: (received: number) => void,
): Promise<ArtifactInfo> {
  const sha256 = await digestOf(file);
  let artifact = await api('artifacts.add', { body: { ...said, bytes: file.size, sha256 } });
  while (artifact.state !== 'ready') {
    const offset = artifact.received;
    progress(offset);
    const response = await fetch(urlOf(uploads.artifact, { artifact: artifact.artifactId }, { offset }), {
      method: 'PUT',
      headers: { 'content-type': 'application/octet-stream' },
      body: file.slice(offset, offset + UPLOAD_PIECE_BYTES),
    });
    if (!response.ok) throw new ApiError((await response.json()) as Problem);
    artifact = (await response.json()) as ArtifactInfo;
  }
  return artifact;
}

/** SHA-256 in hex. Browsers have it only on pages that came over TLS or from their own machine. */
async function digestOf(file: Blob): Promise<string> {
  if (!globalThis.isSecureContext) {
    throw new Failure('The browser makes no digests on a page without TLS: use https, or ./reeve artifact add');
  }
  const digest = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
