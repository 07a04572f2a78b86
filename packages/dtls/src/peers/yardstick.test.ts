/** The server that the benchmarks compare ours with. */
import { expect, it } from 'vitest';
import { startEchoServer } from '../../../../peers/echo.ts';
import { opensslBuild } from '../../../../peers/openssl/build.ts';
import { PeerFolder } from './material.ts';
import { MODES } from './modes.ts';
import { OurClient } from './ours.ts';

it.skipIf(!opensslBuild.isHere())('serves many clients at once', async () => {
  const mode = MODES.find(({ credential, feature }) => credential === 'certificate' && feature === 'plain');
  if (mode === undefined) throw new Error('there is no such mode');
  const folder = new PeerFolder();
  const { certificate, key, ca } = folder.files('server', mode);
  const cipher = 'ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0';
  const options = ['--cipher', cipher, '--certificate', certificate, '--key', key, '--ca', ca];
  const server = await startEchoServer([opensslBuild.path('echo'), ...options]);
  const clients = await Promise.all(Array.from({ length: 20 }, () => OurClient.connect(mode, false, server.port)));
  const echoes = await Promise.all(clients.map((client, index) => client.ask(Buffer.from(`question ${index}`))));
  expect(echoes.map((echo) => Buffer.from(echo).toString())).toEqual(clients.map((_, index) => `question ${index}`));
  for (const client of clients) client.stop();
  server.stop();
  folder.remove();
});
