/**
 * DTLS alone: a `DtlsServer` between a socket and the thread pool, which admits whoever holds the key or certificate that
 * the benchmark gave out, and echoes application data. Takes the file of a `Material`, prints its port; ends with its input.
 */
import { createPrivateKey } from 'node:crypto';
import { createSocket } from 'node:dgram';
import {
  type AddressKey,
  addressKey,
  ComputePool,
  type DtlsEffect,
  DtlsServer,
  type PeerFound,
  parseCertificate,
  type ServerIdentity,
  validatePathAsync,
} from '@reeve/dtls';
import { pooledRandom } from '../../packages/server/src/randomness.ts';
import { generatedPsk } from '../../peers/leshan/driver.ts';
import { readMaterial } from '../load/material.ts';

const { root, server: own, devices } = readMaterial(process.argv[2] ?? '');
const bytes = (base64: string): Buffer => Buffer.from(base64, 'base64');

function ourIdentity(): ServerIdentity {
  return {
    certificates: [bytes(own.certificate)],
    rawKey: bytes(own.publicKey),
    privateKey: createPrivateKey({ key: bytes(own.privateKey), format: 'der', type: 'pkcs8' }),
  };
}

const anchor = parseCertificate(bytes(root));
if (!anchor.ok) throw new Error(anchor.detail);
const profile = { anchors: [anchor.certificate], purpose: 'client' } as const;
const rawKeys = new Set(devices.map(({ publicKey }) => publicKey));
const STRANGER: PeerFound = { ok: false, check: 'unknown-identity', detail: 'nobody', alert: 'access_denied' };
const keys = new Map<string, Uint8Array>();

function keyOf(identity: string): Uint8Array {
  const key = keys.get(identity) ?? generatedPsk(Number(identity.slice('device-'.length))).key;
  keys.set(identity, key);
  return key;
}

const pool = new ComputePool({ concurrency: 4, queue: 1024 });
const socket = createSocket({
  type: 'udp4',
  lookup: (address, _options, callback) => callback(null, address, 4),
});
const server = new DtlsServer({
  random: pooledRandom(),
  identities: [ourIdentity()],
  resumption: { sessionIds: 10_000, tickets: true },
});

async function judge({ lookup, presented }: Extract<DtlsEffect, { kind: 'findPeer' }>): Promise<void> {
  let found = STRANGER;
  if (presented.kind === 'certificate') {
    const path = await validatePathAsync(presented.chain, profile, Date.now());
    if (path.ok) found = { ok: true, credential: 'certificate' };
    else found = { ok: false, check: path.check, detail: path.detail, alert: path.alert };
  } else if (rawKeys.has(Buffer.from(presented.publicKey).toString('base64'))) {
    found = { ok: true, credential: 'raw key' };
  }
  server.peerFound(lookup, found, performance.now());
  carryOut(performance.now());
}

function send(address: AddressKey, datagram: Uint8Array): void {
  socket.send(datagram, Number(address), '127.0.0.1');
}

function obey(effect: DtlsEffect, now: number): void {
  switch (effect.kind) {
    case 'send':
      send(effect.address, effect.datagram);
      break;
    case 'received':
      server.send(effect.session, effect.data);
      break;
    case 'findPsk': {
      const key = keyOf(Buffer.from(effect.identity).toString());
      server.pskFound(effect.lookup, { key, credential: 'key' }, now);
      break;
    }
    case 'findPeer':
      void judge(effect);
      break;
    case 'findResumed':
      server.resumedFound(effect.lookup, true, now);
      break;
    case 'compute':
      pool.run(effect.task, (result) => {
        server.computed(effect.job, result, performance.now());
        carryOut(performance.now());
      });
      break;
  }
}

function carryOut(now: number): void {
  for (let effects = server.drain(); effects.length > 0; effects = server.drain()) {
    for (const effect of effects) obey(effect, now);
  }
}

socket.on('message', (datagram, { port }) => {
  const now = performance.now();
  server.receive(addressKey(String(port)), datagram, now);
  carryOut(now);
});
setInterval(() => {
  server.tick(performance.now());
  carryOut(performance.now());
}, 100);
socket.bind(0, '127.0.0.1', () => {
  socket.setRecvBufferSize(4 * 1024 * 1024);
  process.stdout.write(`${socket.address().port}\n`);
});
process.stdin.on('end', () => process.exit(0));
process.stdin.resume();
