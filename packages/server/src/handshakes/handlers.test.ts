import { describe, expect, it } from 'vitest';
import type { OrganisationId } from '../ids.ts';
import { HandshakeCensus } from '../link/census.ts';
import type { LinkUp } from '../link/port.ts';
import { call, openTestCore, START, type TestCore } from '../test-core.ts';

type Refused = Extract<LinkUp, { kind: 'refused' }>;

const psk = (identity: string) => `psk:${Buffer.from(identity).toString('hex')}`;

const refused = (more: Partial<Refused> = {}): Refused => ({
  kind: 'refused',
  at: START,
  address: '198.51.100.1:40000',
  ingress: 0,
  check: 'wrong-key',
  detail: 'the peer holds another key for this identity',
  handshake: {},
  ...more,
});

const list = async (core: TestCore, query: { device?: string; check?: string; after?: string; limit?: number } = {}) =>
  core.handlers['handshakes.list'](call({ query }));

const certificate = {
  subject: 'CN=truck-1,O=Trucks',
  issuer: 'CN=Old CA',
  serial: '0badcafe',
  notBefore: Date.UTC(2020, 0, 1),
  notAfter: Date.UTC(2021, 0, 1),
  names: ['urn:elsewhere', 'truck-1'],
};

describe('failed handshakes', () => {
  it('are listed in pages, newest first', async () => {
    const core = await openTestCore();
    for (const endpoint of ['a', 'b', 'c']) await core.deliver(refused({ endpoint }));
    const first = await list(core, { limit: 2 });
    expect(first.items.map(({ endpoint }) => endpoint)).toEqual(['c', 'b']);
    const second = await list(core, { limit: 2, ...(first.next ? { after: first.next } : {}) });
    expect(second.items.map(({ endpoint }) => endpoint)).toEqual(['a']);
    expect(second.next).toBeUndefined();
  });

  it('are listed by check', async () => {
    const core = await openTestCore();
    await core.deliver(refused(), refused({ check: 'timeout' }));
    expect((await list(core, { check: 'timeout' })).items.map(({ check }) => check)).toEqual(['timeout']);
  });

  it('say what the certificate says, and what to do', async () => {
    const core = await openTestCore();
    const handshake = { certificate, serverName: 'lwm2m.example', alert: 'certificate_expired' };
    const identity = `x509:${'ab'.repeat(32)}`;
    await core.deliver(refused({ check: 'expired-certificate', identity, handshake }));
    const [item] = (await list(core)).items;
    expect(item).toMatchObject({
      address: '198.51.100.1',
      listener: 'coaps://192.0.2.200:5684',
      stage: 'dtls',
      title: 'Expired certificate',
      presented: { kind: 'certificate', fingerprint: 'ab'.repeat(32), ...certificate },
      serverName: 'lwm2m.example',
      alert: { name: 'certificate_expired' },
      steps: expect.arrayContaining([expect.stringContaining('date -u')]),
    });
    expect(await core.handlers['handshakes.show'](call({ params: { id: item?.handshakeId ?? '' } }))).toEqual(item);
    await expect(core.handlers['handshakes.show'](call({ params: { id: 'hs-gone' } }))).rejects.toMatchObject({
      code: 'no-such-thing',
    });
  });

  it('are shown to their own organisation alone', async () => {
    const core = await openTestCore();
    await core.deliver(refused({ identity: psk('truck-1') }));
    const [item] = (await list(core)).items;
    const elsewhere = { organisationId: 'org-2' as OrganisationId };
    const show = call<{ id: string }, undefined, undefined>({ params: { id: item?.handshakeId ?? '' } });
    await expect(core.handlers['handshakes.show']({ ...show, ...elsewhere })).rejects.toMatchObject({
      code: 'no-such-thing',
    });
    expect((await core.handlers['handshakes.list']({ ...call({ query: {} }), ...elsewhere })).items).toEqual([]);
  });

  it.each([
    ['its identity', { identity: psk('truck-1') }],
    ['the endpoint name that it said', { endpoint: 'truck-1', identity: psk('somebody') }],
    ['the endpoint name as identity', { identity: psk('truck-1'), check: 'unknown-identity' as const }],
    ['a name in its certificate', { identity: 'x509:00', handshake: { certificate } }],
  ])('belong to the device that %s leads to', async (_, more) => {
    const core = await openTestCore();
    const device = await core.add('truck-1');
    await core.add('truck-2');
    await core.deliver(refused(more), refused({ identity: psk('stranger') }), refused({ identity: psk('truck-2') }));
    const { items } = await list(core, { device: 'truck-1' });
    expect(items).toMatchObject([{ device: { deviceId: device.row.deviceId, endpoint: 'truck-1' } }]);
    await expect(list(core, { device: 'truck-3' })).rejects.toMatchObject({ code: 'no-such-device' });
  });

  it('name the device in their commands, but never what a shell would take apart', async () => {
    const core = await openTestCore();
    await core.add('truck-1');
    await core.add('$(reboot)');
    await core.deliver(refused({ identity: psk('truck-1') }), refused({ identity: psk('$(reboot)') }));
    const steps = (await list(core)).items.map((item) => item.steps[0]);
    expect(steps).toEqual([
      expect.stringContaining('reeve device key DEVICE'),
      expect.stringContaining('reeve device key truck-1'),
    ]);
  });
});

describe('counters', () => {
  it('tell successes, failures, drops and sessions', async () => {
    const core = await openTestCore();
    const census = new HandshakeCensus();
    const established = { identity: psk('x'), suite: 'TLS_PSK_WITH_AES_128_CCM_8' };
    census.count({ ...established, resumed: false });
    census.count({ ...established, resumed: false });
    census.count({ ...established, identity: 'x509:00', resumed: true });
    await core.deliver({ kind: 'census', ...census.view([]) }, refused(), refused(), refused({ check: 'limit' }));
    const counters = await core.handlers['handshakes.counters'](call({}));
    expect(counters).toMatchObject({
      established: [
        { kind: 'psk', suite: 'TLS_PSK_WITH_AES_128_CCM_8', resumed: false, count: 2 },
        { kind: 'certificate', resumed: true, count: 1 },
      ],
      failed: [
        { check: 'wrong-key', title: 'Wrong key', count: 2 },
        { check: 'limit', count: 1 },
      ],
      sessions: { live: 0, asleep: 0, underWay: 0 },
    });
    expect(counters.dropped.map(({ count }) => count).every((count) => count === 0)).toBe(true);
  });
});
