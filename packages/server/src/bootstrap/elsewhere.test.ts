import { expect, it } from 'vitest';
import { newKeys, spkiOf } from '../../../dtls/src/x509/testing.ts';
import { call } from '../test-core.ts';
import { ask, bootstrapSession, coreWithDevice, text, written } from './test-bootstrap.ts';

const KEY = 'c0ffee00c0ffee00c0ffee00c0ffee00';
const account = { shortServerId: 9, uri: 'coaps://other.example:5684' };
const psk = { ...account, keys: { identity: 'fleet-{endpoint}', key: KEY } };

async function opened() {
  const { core, deviceId } = await coreWithDevice();
  const params = { name: 'default' };
  const set = (...accounts: object[]) =>
    core.handlers['bootstrap.set-template'](
      call({ params, body: { accounts: [{ shortServerId: 1 }, ...accounts] as never } }),
    );
  return { core, deviceId, params, set, begin: () => ask(core, bootstrapSession(core, deviceId)) };
}

it('keys of a server elsewhere are given to devices, and shown to nobody', async () => {
  const { core, params, set, begin } = await opened();
  const made = await set(psk);
  const shown = await core.handlers['bootstrap.template'](call({ params }));
  for (const told of [made, shown]) {
    expect(told.template.accounts[1]).toEqual({ ...account, keys: {} });
    expect(JSON.stringify(told)).not.toContain(KEY);
  }
  const rows = JSON.stringify(await core.store.list('bootstrapTemplates', {}));
  expect([rows.includes(KEY), rows.includes('fleet-')]).toEqual([false, false]);
  await begin();
  const [security] = written(core, '/0/2');
  expect(security).toMatchObject({ 0: account.uri, 2: 0, 4: '', 10: 9 });
  expect(text(security?.[3])).toBe('fleet-truck-1');
  expect(Buffer.from(String(security?.[5]), 'base64').toString('hex')).toBe(KEY);
});

it('keys stay where a template is set again without them, but not for another server', async () => {
  const { core, set, begin } = await opened();
  await set(psk);
  await set({ ...account, lifetime: 60, keys: {} });
  await begin();
  expect(Buffer.from(String(written(core, '/0/2')[0]?.[5]), 'base64').toString('hex')).toBe(KEY);
  await expect(set({ ...account, uri: 'coaps://thief.example', keys: {} })).rejects.toMatchObject({
    places: [{ at: 'body/accounts/1/keys' }],
  });
});

it('a device that lacks what the identity is made of is given nothing', async () => {
  const { core, set, begin } = await opened();
  await set({ ...account, keys: { identity: '{label.serial}', key: KEY } });
  await begin();
  expect(core.bootstrapped).toEqual([]);
});

it('raw keys and contexts of OSCORE go where they belong', async () => {
  const { core, set, begin } = await opened();
  const [own, server] = [newKeys.p256(), newKeys.p256()];
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  const keys = {
    publicKey: base64(spkiOf(own.publicKey)),
    privateKey: base64(own.privateKey.export({ format: 'der', type: 'pkcs8' })),
    serverPublicKey: base64(spkiOf(server.publicKey)),
  };
  await set(
    { ...account, security: 'raw-key', keys },
    {
      ...{ shortServerId: 10, uri: 'coap+tcp://other.example', security: 'oscore' },
      keys: { key: KEY, senderId: '0a', recipientId: '0b' },
    },
  );
  await begin();
  const { publicKey, serverPublicKey, privateKey } = keys;
  expect(written(core, '/0/2')[0]).toMatchObject({ 2: 1, 3: publicKey, 4: serverPublicKey, 5: privateKey });
  const [protectedBy] = written(core, '/0/3');
  expect(protectedBy).toMatchObject({ 0: 'coap+tcp://other.example', 2: 3, 10: 10 });
  const [, context] = String(protectedBy?.[17]).split(':');
  expect(written(core, `/21/${context}`)[0]).toMatchObject({
    0: base64(Buffer.from(KEY, 'hex')),
    1: 'Cg==',
    2: 'Cw==',
  });
});
