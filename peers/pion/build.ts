import { PeerBuild } from '../build.ts';

/** The client and echo server on pion/dtls: `target/echo`. */
export const pionBuild = new PeerBuild({
  name: 'pion (built by Go)',
  folder: import.meta.dirname,
  sources: ['go.mod', 'go.sum', 'main.go'],
  command: ['go', 'build', '-trimpath', '-o', 'target/echo', '.'],
});

if (import.meta.main) await pionBuild.build();
