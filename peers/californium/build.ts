import { hasPeer } from '../../tooling/testing/peers.ts';
import { PeerBuild } from '../build.ts';
import { LineProgram } from '../line-program.ts';

const build = new PeerBuild({
  name: 'Californium (built by Maven)',
  folder: import.meta.dirname,
  sources: ['pom.xml', 'src'],
  command: ['mvn', '-q', '-B', '-DskipTests', 'package'],
});

const JAVA_FLAGS = ['-XX:+DisplayVMOutputToStderr', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

/** Whether tests can use the peer, see `PeerBuild.isHere`. */
export function californiumAvailable(): boolean {
  return hasPeer('Californium (needs Java 17)', ['java', '-version']) && build.isHere();
}

/** Starts it and waits until it is ready. Its options stand in README.md. */
export async function startCalifornium(options: readonly string[]): Promise<LineProgram> {
  await build.build();
  const classes = [build.path('classes'), build.path('lib/*')].join(':');
  return LineProgram.start(['java', ...JAVA_FLAGS, '-cp', classes, 'dev.reeve.peers.californium.Peer', ...options]);
}

if (import.meta.main) await build.build();
