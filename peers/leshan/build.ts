import { PeerBuild } from '../build.ts';

/** The Leshan device and server and the Scandium echo: classes in `target/classes`, libraries in `target/lib`. */
export const leshanBuild = new PeerBuild({
  name: 'Leshan (built by Maven)',
  folder: import.meta.dirname,
  sources: ['pom.xml', 'src'],
  command: ['mvn', '-q', '-B', '-DskipTests', 'package'],
});

/** Command line of one of its main classes, by its simple name. */
export const leshanCommand = (main: string, javaFlags: readonly string[]): [string, ...string[]] => [
  'java',
  '-XX:+DisplayVMOutputToStderr',
  ...javaFlags,
  '-cp',
  [leshanBuild.path('classes'), leshanBuild.path('lib/*')].join(':'),
  `dev.reeve.peers.leshan.${main}`,
];

if (import.meta.main) await leshanBuild.build();
