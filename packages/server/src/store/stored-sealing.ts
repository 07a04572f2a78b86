import type { Store } from './port.ts';
import { openSealer, type Sealer, sealedWith } from './sealing.ts';

/**
 * The sealer of what a store holds. The key is made at the first start alone: another in its place would open nothing.
 * Closes the store if it fails.
 *
 * @throws SealError `key-file`
 */
export async function openSealerOf(store: Store, keyFile: string): Promise<Sealer> {
  try {
    // Sealed at the first start, and there ever since.
    const [key] = await store.list('serverKeys', { limit: 1 });
    return await openSealer({ keyFile, ...(key && { sealed: sealedWith(key.sealedKey) }) });
  } catch (error) {
    await store.close();
    throw error;
  }
}
