import { PeerBuild } from '../build.ts';

/** The echo server on OpenSSL's libssl: `target/echo`. */
export const opensslBuild = new PeerBuild({
  name: 'the echo on OpenSSL (built by cc with libssl)',
  folder: import.meta.dirname,
  sources: ['echo.c'],
  command: ['cc', '-std=gnu17', '-O2', '-Wall', '-Wextra', '-o', 'target/echo', 'echo.c', '-lssl', '-lcrypto'],
});

if (import.meta.main) await opensslBuild.build();
