import { PeerBuild } from '../build.ts';

/** The bootstrap server on Leshan 1.5: classes in `target/classes`, libraries in `target/lib`. */
export const leshan15Build = new PeerBuild({
  name: 'Leshan 1.5 (built by Maven)',
  folder: import.meta.dirname,
  sources: ['pom.xml', 'src'],
  command: ['mvn', '-q', '-B', '-DskipTests', 'package'],
});

if (import.meta.main) await leshan15Build.build();
