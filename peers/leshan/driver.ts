import { join } from 'node:path';
import { hasPeer } from '../../tooling/testing/peers.ts';
import { isBuilt, projectFolder } from './build.ts';

export { type LeshanDevice, type LeshanDeviceOptions, startLeshanDevice } from './device.ts';
export { generatedPsk, type LeshanServer, startLeshanServer } from './server.ts';

/**
 * Whether tests against Leshan can run here: Java is installed, and the peers are built or Maven can build them now.
 * Where they can't, a line says so; with `CI` set that is an error.
 */
export function leshanAvailable(): boolean {
  if (!hasPeer('Leshan (needs Java 17)', ['java', '-version'])) return false;
  return isBuilt() || hasPeer('Leshan (built by Maven)', [process.execPath, join(projectFolder, 'build.ts')]);
}
