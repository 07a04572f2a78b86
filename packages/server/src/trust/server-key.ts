import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { serverActor } from '../access/identity.ts';
import type { Millis, OrganisationId } from '../ids.ts';
import { sha256 } from '../registry/proofs.ts';
import type { Store } from '../store/port.ts';
import type { Sealer } from '../store/sealing.ts';

const PLACE = { table: 'serverKeys', row: 'raw-key', column: 'sealedKey' };

/** The key pair of the server for devices that know it by its key alone. */
export interface ServerKey {
  /** SubjectPublicKeyInfo in DER. */
  readonly publicKey: Uint8Array;
  /** PKCS #8 in DER. */
  readonly privateKey: Uint8Array;
}

/**
 * Opens the raw key of the server; made at the first start. Made again if the sealing key is another, which
 * the journal tells: devices that knew the old one have to be told.
 */
export async function openServerKey(
  store: Store,
  sealer: Sealer,
  organisationId: OrganisationId,
  now: Millis,
): Promise<ServerKey> {
  const row = await store.get('serverKeys', { name: 'raw-key' });
  const known = row && opened(sealer, row.sealedKey);
  if (known) return known;
  const made = keyOf(
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'der', type: 'pkcs8' }),
  );
  const payload = { fingerprint: sha256(made.publicKey) };
  await store.commit({
    changes: [
      {
        put: 'serverKeys',
        row: { organisationId, name: 'raw-key', sealedKey: sealer.seal(made.privateKey, PLACE), createdAt: now },
      },
    ],
    journal: row ? [{ type: 'server.key-replaced', at: now, organisationId, actor: serverActor, payload }] : [],
  });
  return made;
}

function opened(sealer: Sealer, sealed: Uint8Array): ServerKey | undefined {
  try {
    return keyOf(sealer.open(sealed, PLACE));
  } catch {
    return undefined;
  }
}

function keyOf(privateKey: Uint8Array): ServerKey {
  const key = createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' });
  return { privateKey, publicKey: createPublicKey(key).export({ format: 'der', type: 'spki' }) };
}
