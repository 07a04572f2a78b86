import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoapCore, Code, PeerKey } from '@reeve/coap';
import { addressKey, DtlsClient, type SessionKey, type SuiteName } from '@reeve/dtls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededBytes } from '../../../../tooling/testing/fuzz.ts';
import { type CapturedDatagram, pcapOf } from '../../../../tooling/testing/pcap.ts';
import { hasPeer } from '../../../../tooling/testing/peers.ts';
import type { CredentialId } from '../ids.ts';
import { openMainThreadLink } from './main-thread.ts';
import type { Link } from './port.ts';
import { IDENTITY, KEY, registerRequest } from './test-owner.ts';

const SERVER = { host: '192.0.2.200', port: 5684 };
const DEVICE = { host: '192.0.2.1', port: 40_000 };

/** A capture of what passes between a real link and a device that registers. */
async function registration(keyLogFile: string, suite: SuiteName, connectionId: Uint8Array | 'none'): Promise<Buffer> {
  const captured: CapturedDatagram[] = [];
  const capture = (fromDevice: boolean, payload: Uint8Array) => {
    const [from, to] = fromDevice ? [DEVICE, SERVER] : [SERVER, DEVICE];
    captured.push({ at: 1_800_000_000_000 + captured.length, from, to, payload: Uint8Array.from(payload) });
  };
  const link: Link = await openMainThreadLink(
    {
      listen: [{ transport: 'coaps', host: '127.0.0.1', port: 0, dtls: { suites: [suite] } }],
      initial: [],
      connectionIdSlot: 0,
      keyLogFile,
    },
    (messages) => {
      for (const message of messages) {
        if (message.kind === 'find-psk') {
          const found = { key: Uint8Array.from(KEY), credential: 'cred-1' as CredentialId };
          link.post([{ kind: 'psk', lookup: message.lookup, found }]);
        }
        if (message.kind !== 'register') continue;
        link.post([{ kind: 'answer', exchange: message.exchange, code: Code.Created, location: ['rd', 'here'] }]);
      }
    },
  );
  const server = addressKey('server');
  const peer = PeerKey('server');
  const coap = new CoapCore({ random: seededBytes(2) });
  const dtls = new DtlsClient({
    random: seededBytes(3),
    address: server,
    identity: { kind: 'psk', identity: IDENTITY, key: KEY },
    suites: [suite],
    connectionId,
  });
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.connect(link.addresses[0]?.port ?? 0, '127.0.0.1', resolve));
  const answered = new Promise<void>((resolve) => {
    let session: SessionKey | undefined;
    const flush = () => {
      for (const effect of dtls.drain()) {
        if (effect.kind === 'send') {
          capture(true, effect.datagram);
          socket.send(effect.datagram);
        } else if (effect.kind === 'established') {
          session = effect.session;
          coap.request(peer, registerRequest({ query: ['ep=the-clear-text'], offer: '</3/0>' }), 0);
        } else if (effect.kind === 'received') {
          coap.receive(peer, effect.data, 0);
          resolve();
        }
      }
      for (const effect of coap.drain()) {
        if (effect.kind !== 'send' || !session) continue;
        dtls.send(session, effect.datagram);
        flush();
      }
    };
    socket.on('message', (datagram) => {
      capture(false, datagram);
      dtls.receive(server, datagram, 0);
      flush();
    });
    dtls.connect(0);
    flush();
  });
  await answered;
  socket.close();
  await link.close();
  return pcapOf(captured);
}

describe.skipIf(!hasPeer('tshark', ['tshark', '--version']))('a capture of the traffic', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'reeve-capture-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Values of a field, in all datagrams that have it. */
  function read(capture: Buffer, fields: readonly string[], keyLogFile?: string): string[] {
    const file = join(folder, 'capture.pcap');
    writeFileSync(file, capture);
    const keys = keyLogFile === undefined ? [] : ['-o', `tls.keylog_file:${keyLogFile}`];
    const shown = fields.flatMap((field) => ['-e', field]);
    const ports = ['-d', `udp.port==${SERVER.port},dtls`, '-d', `dtls.port==${SERVER.port},coap`];
    const out = execFileSync('tshark', ['-r', file, ...keys, ...ports, '-T', 'fields', ...shown], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return out.split('\n').filter((line) => line.trim() !== '');
  }

  it.each([
    ['TLS_PSK_WITH_AES_128_CCM_8', 'none'],
    ['TLS_PSK_WITH_AES_128_CCM_8', 'c1d0'],
    ['TLS_PSK_WITH_AES_256_GCM_SHA384', 'c1d0'],
  ] as const)('with %s and Connection ID %s is readable with the key log, and only with it', async (suite, id) => {
    const keyLogFile = join(folder, `${suite}-${id}`);
    const capture = await registration(keyLogFile, suite, id === 'none' ? id : Buffer.from(id, 'hex'));
    expect(statSync(keyLogFile).mode & 0o777).toBe(0o600);
    const ids = read(capture, ['dtls.record.connection_id']);
    expect(ids).toEqual(id === 'none' ? [] : expect.arrayContaining([id]));
    const clear = ['coap.opt.uri_query', 'coap.code'];
    expect(read(capture, clear, keyLogFile)).toEqual([
      expect.stringContaining('ep=the-clear-text'),
      expect.stringContaining(String(Code.Created)),
    ]);
    expect(read(capture, clear)).toEqual([]);
  });
});
