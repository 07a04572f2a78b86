/**
 * Both roles against foreign implementations over real UDP: each peer in each mode that it has, data both ways, with
 * datagrams of usual size and with small ones that cut the flights. At the end it prints the matrix of
 * docs/protocol-coverage.md, and holds that against what was run.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Foreign } from './foreign.ts';
import { PeerFolder } from './material.ts';
import { matrix, matrixOn } from './matrix.ts';
import { FEATURES, MODES, type Mode, moves, resumes } from './modes.ts';
import { Nat } from './nat.ts';
import { OurClient, OurServer } from './ours.ts';
import { FIRST, MOVE, type Peer, type Role, type Run, SECOND } from './peer.ts';
import { PEERS } from './peers.ts';
import { freePort } from './sockets.ts';

const PAGE = join(import.meta.dirname, '../../../../docs/protocol-coverage.md');
const GET = Uint8Array.of(0x40, 0x01, 0x12, 0x34);
const CONTENT = 0x45;
/** The datagrams of a peer that cut its flights; OpenSSL cuts even a ClientHello, which must not be, so a ticket has to fit. */
const smallMtu = ({ feature }: Mode): number => (feature === 'ticket' ? 512 : 256);

const folder = new PeerFolder();
const lasting = new Map<string, Foreign>();
const passed = new Set<string>();

/** Has something stopped at the end of a test. */
type Keep = (resource: { stop(): void }) => void;

afterAll(() => {
  for (const process of lasting.values()) process.end();
  folder.remove();
});

const caseName = (peer: string, mode: Mode, role: Role, small: boolean): string =>
  `${peer} as ${role}: ${mode.suite} ${mode.credential} ${FEATURES[mode.feature]} ${small ? 'small' : 'usual'}`;

/** Starts a process for a case, or turns the lasting one to it. */
function start(peer: Peer, role: Role, { command, args }: Omit<Run, 'lines'>, keep: Keep): Foreign {
  const key = `${peer.name} ${role}`;
  const known = lasting.get(key);
  if (known) {
    known.say(`!open ${args.join(' ')}`);
    return known;
  }
  const process = new Foreign([...command, ...args]);
  if (peer.lasts) lasting.set(key, process);
  else keep({ stop: () => process.end() });
  return process;
}

/** The groups in which an endpoint of ours has made ephemeral keys. */
const groupsOf = (ours: OurClient | OurServer): readonly string[] =>
  ours.all('compute').flatMap(({ task }) => (task.kind === 'generate' ? [task.group] : []));

async function asClient(peer: Peer, mode: Mode, small: boolean, keep: Keep): Promise<void> {
  const server = await OurServer.start(mode, small, peer.speaks);
  keep(server);
  const nat = await Nat.start(server.port);
  keep(nat);
  const mtu = small ? smallMtu(mode) : undefined;
  for (const run of peer.client({ mode, port: nat.port, mtu, folder })) {
    const process = start(peer, 'client', run, keep);
    for (const line of run.lines) {
      if (line === MOVE) await nat.rebind();
      else process.say(line);
      if (line !== MOVE && !line.startsWith('!')) await process.hear(`answer to ${line}`);
    }
    if (peer.speaks === 'coap') await process.hear('an answer');
    if (!peer.lasts) process.finish();
  }
  const handshakes = server.all('established');
  expect(handshakes).toHaveLength(resumes(mode) ? 2 : 1);
  expect(handshakes.at(-1)).toMatchObject({ suite: mode.suite, resumed: resumes(mode) });
  for (const each of handshakes) expect(each.extendedMasterSecret).toBe(mode.feature !== 'no-extended-master-secret');
  if (moves(mode)) expect(server.all('addressCandidate')).toHaveLength(1);
  if (mode.feature === 'x25519') expect(groupsOf(server)).toEqual(['x25519']);
}

async function asServer(peer: Peer, mode: Mode, small: boolean, keep: Keep): Promise<void> {
  const port = await freePort();
  start(peer, 'server', peer.server({ mode, port, mtu: small ? smallMtu(mode) : undefined, folder }), keep);
  const client = await OurClient.connect(mode, small, port);
  keep(client);
  const ask = async (ours: OurClient, question: string): Promise<void> => {
    if (peer.speaks === 'coap') expect((await ours.request(GET))[1]).toBe(CONTENT);
    else expect(Buffer.from(await ours.ask(Buffer.from(`${question}\n`))).toString()).toContain(question);
  };
  await ask(client, FIRST);
  const [first] = client.all('established');
  expect(first).toMatchObject({ suite: mode.suite, resumed: false });
  expect(first?.extendedMasterSecret).toBe(mode.feature !== 'no-extended-master-secret');
  if (mode.feature === 'x25519') expect(groupsOf(client)).toEqual(['x25519']);
  if (moves(mode)) {
    await client.move();
    await ask(client, SECOND);
  }
  client.close();
  if (!resumes(mode)) return;
  const again = await OurClient.connect(mode, small, port, client.resumable);
  keep(again);
  await ask(again, SECOND);
  expect(again.all('established')).toMatchObject([{ suite: mode.suite, resumed: true }]);
  again.close();
}

const present = new Set(PEERS.filter((peer) => peer.isHere()));

for (const peer of PEERS) {
  // GnuTLS sleeps between the pieces of a message.
  const test = peer.lasts ? it : it.concurrent;
  describe.skipIf(!present.has(peer))(peer.name, () => {
    for (const role of ['client', 'server'] as const) {
      for (const mode of MODES.filter((each) => peer.does(each, role))) {
        for (const small of [false, true]) {
          const name = caseName(peer.name, mode, role, small);
          test(name, async ({ onTestFinished }) => {
            const run = role === 'client' ? asClient : asServer;
            await run(peer, mode, small, (resource) => onTestFinished(() => resource.stop()));
            passed.add(name);
          });
        }
      }
    }
  });
}

it('has run what the documentation shows', () => {
  const peers = [...present].map(({ name }) => name);
  const ran = matrix(peers, (name, mode) =>
    (['client', 'server'] as const).filter((role) =>
      [false, true].every((small) => passed.has(caseName(name, mode, role, small))),
    ),
  );
  process.stdout.write(`\n${ran.join('\n')}\n\n`);
  expect(matrixOn(readFileSync(PAGE, 'utf8'), peers)).toEqual(ran);
});
