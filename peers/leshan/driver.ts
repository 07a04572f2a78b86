import { hasPeer } from '../../tooling/testing/peers.ts';
import { leshanBuild } from './build.ts';

export { type LeshanDevice, type LeshanDeviceOptions, startLeshanDevice } from './device.ts';
export { generatedPsk, type LeshanServer, startLeshanServer } from './server.ts';

/**
 * Whether tests against Leshan can run here: Java is installed, and the peers are built or Maven can build them now.
 * Where they can't, a line says so; with `CI` set that is an error.
 */
export function leshanAvailable(): boolean {
  return hasPeer('Leshan (needs Java 17)', ['java', '-version']) && leshanBuild.isHere();
}
