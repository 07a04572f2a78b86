import { PeerBuild } from '../build.ts';

/** The bootstrap server and the device on Leshan 1.5: classes in `target/classes`, libraries in `target/lib`. */
export const leshan15Build = new PeerBuild({
  name: 'Leshan 1.5 (built by Maven)',
  folder: import.meta.dirname,
  sources: ['pom.xml', 'src'],
  command: ['mvn', '-q', '-B', '-DskipTests', 'package'],
});

const JAVA_FLAGS = ['-XX:+DisplayVMOutputToStderr', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

/** Command line of one of its main classes, by its simple name; builds it if need be. */
export async function leshan15Command(main: string): Promise<string[]> {
  await leshan15Build.build();
  const classes = [leshan15Build.path('classes'), leshan15Build.path('lib/*')].join(':');
  return ['java', ...JAVA_FLAGS, '-cp', classes, `dev.reeve.peers.leshan15.${main}`];
}

if (import.meta.main) await leshan15Build.build();
