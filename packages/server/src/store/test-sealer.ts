import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSealer, type Sealer } from './sealing.ts';

const keyFile = join(mkdtempSync(join(tmpdir(), 'reeve-sealer-')), 'key');

/** A sealer with the key of every other one, as a server has it after a restart. */
export const openTestSealer = (): Promise<Sealer> => openSealer({ keyFile });
