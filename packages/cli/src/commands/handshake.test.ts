import { readFileSync } from 'node:fs';
import type { DeviceDetail, FailedHandshake } from '@reeve/contract';
import { describe, expect, it } from 'vitest';
import { NOW, run } from '../testing.ts';
import { commands } from './index.ts';

const failed: FailedHandshake = {
  handshakeId: 'hs-1',
  firstAt: NOW - 60_000,
  lastAt: NOW - 3000,
  count: 4,
  address: '192.0.2.1',
  listener: 'coaps://[::]:5684',
  stage: 'dtls',
  check: 'unknown-identity',
  title: 'Unknown identity',
  detail: 'nobody has it',
  meaning: 'No device here has it.',
  steps: ['Add it: `./reeve device add ENDPOINT`.', 'Or correct it.'],
  presented: { kind: 'psk', identity: 'x' },
};

describe('handshake ls', () => {
  it('tells the check, the reason and what to do', async () => {
    const { out, err } = await run(['handshake', 'ls'], { 'handshakes.list': { items: [failed] } });
    expect(out.split('\n')).toEqual([
      'unknown-identity  from 192.0.2.1  identity x  4 ×  3 s ago  hs-1',
      '    nobody has it',
      '    Add it: ./reeve device add ENDPOINT.',
    ]);
    expect(err).toContain('handshake show ID');
  });

  it('asks for those of a device, or of a check', async () => {
    const words = ['handshake', 'ls', '--device', 'truck-1', '--check', 'timeout', '--limit', '5'];
    const { calls, err } = await run(words, { 'handshakes.list': { items: [] } });
    const query = { limit: 5, device: 'truck-1', check: 'timeout' };
    expect(calls).toEqual([{ name: 'handshakes.list', args: { query } }]);
    expect(err).toContain('nothing arrived');
  });
});

describe('handshake show', () => {
  it('tells what a certificate says beside our clock', async () => {
    const presented: FailedHandshake['presented'] = {
      kind: 'certificate',
      fingerprint: '00'.repeat(32),
      subject: 'CN=truck-1',
      issuer: 'CN=Old \u001b[2J CA',
      serial: '0badcafe',
      notBefore: Date.UTC(2020, 0, 1),
      notAfter: Date.UTC(2021, 0, 1),
      names: ['truck-1'],
    };
    const answer: FailedHandshake = { ...failed, check: 'expired-certificate', presented };
    const { out } = await run(['handshake', 'show', 'hs-1'], { 'handshakes.show': answer });
    expect(out).toMatch(/^identity +certificate CN=truck-1$/m);
    expect(out).toMatch(/^issuer +CN=Old \ufffd\[2J CA$/m);
    expect(out).toMatch(/^valid until +2021-01-01T00:00:00Z$/m);
    expect(out).toMatch(new RegExp(`^our clock then +${new Date(failed.lastAt).toISOString().slice(0, 19)}Z$`, 'm'));
  });

  it('tells what was offered and wanted, and what an alert means', async () => {
    const answer: FailedHandshake = {
      ...failed,
      check: 'alert',
      offered: ['TLS_RSA_WITH_NULL_MD5'],
      wanted: ['TLS_PSK_WITH_AES_128_CCM_8'],
      alert: { name: 'handshake_failure', meaning: 'no suite' },
    };
    const { out } = await run(['handshake', 'show', 'hs-1'], { 'handshakes.show': answer });
    expect(out).toContain('It offered\n  TLS_RSA_WITH_NULL_MD5\n\nWanted was\n  TLS_PSK_WITH_AES_128_CCM_8');
    expect(out).toMatch(/^alert +handshake_failure: no suite$/m);
    expect(out).toContain('What to do\n  Add it: ./reeve device add ENDPOINT.\n  Or correct it.');
  });
});

it('device show begins with them as long as the device is not registered', async () => {
  const detail: DeviceDetail = {
    deviceId: 'dev-1',
    endpoint: 'truck-1',
    labels: {},
    presence: { state: 'never' },
    openIncidents: 0,
    lock: { state: 'unknown', holders: [] },
    verdict: { tone: 'unknown', text: 'Has never registered' },
    createdAt: NOW,
    objects: [],
    values: [],
    observations: [],
    rules: [],
    credentials: [],
    sessions: [],
    downlink: { awakeSeconds: 93, queuedCommands: 0 },
  };
  const answers = { 'devices.show': detail, 'handshakes.list': { items: [failed] } };
  const { out, calls } = await run(['device', 'show', 'truck-1'], answers);
  expect(calls.at(-1)).toEqual({ name: 'handshakes.list', args: { query: { device: 'dev-1', limit: 3 } } });
  expect(out).toMatch(
    /^truck-1: Has never registered\n\nWhy can’t it connect\?\nunknown-identity {2}from 192\.0\.2\.1/,
  );
});

it('handshake counters leaves out what did not happen', async () => {
  const { out } = await run(['handshake', 'counters'], {
    'handshakes.counters': {
      since: NOW,
      established: [{ kind: 'psk', suite: 'TLS_PSK_WITH_AES_128_CCM_8', resumed: false, count: 12 }],
      failed: [],
      dropped: [
        { reason: 'replayed', meaning: 'seen before', count: 3 },
        { reason: 'malformed', meaning: 'broken', count: 0 },
      ],
      sessions: { live: 10, asleep: 2, underWay: 1 },
    },
  });
  expect(out).toMatch(/^sessions +10 live, 2 asleep\nunder way +1 handshake$/m);
  expect(out).toMatch(/psk +TLS_PSK_WITH_AES_128_CCM_8 +full +12/);
  expect(out).toMatch(/replayed +3 +seen before/);
  expect(out).not.toMatch(/Failed|malformed/);
});

it('docs/handshakes.md names only commands that are there', () => {
  const docs = readFileSync(new URL('../../../../docs/handshakes.md', import.meta.url), 'utf8');
  const named = [...docs.matchAll(/\.\/reeve ([a-z]+)(?: ([a-z]+))?/g)].map(([, first = '', second]) => ({
    first,
    second,
  }));
  expect(named.length).toBeGreaterThan(10);
  const unknown = named.filter(
    ({ first, second }) => !commands.some(({ name }) => name === first || name === `${first} ${second}`),
  );
  expect(unknown).toEqual([]);
});
