import { describe, expect, it } from 'vitest';
import { newKeys, spkiOf } from '../../../dtls/src/x509/testing.ts';
import { call, openTestCore } from '../test-core.ts';
import { bootstrapLimits } from './limits.ts';
import { ask, bootstrapSession, coreWithDevice, newest, text, trusting, written } from './test-bootstrap.ts';

const OWN = 'c0ffee00c0ffee00c0ffee00c0ffee00';
const SHARED = '0123456789abcdef0123456789abcdef';
const uri = 'coaps://other.example:5684';
const device = 'truck-1';

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
function rawKeys() {
  const [own, server] = [newKeys.p256(), newKeys.p256()];
  return {
    publicKey: base64(spkiOf(own.publicKey)),
    privateKey: base64(own.privateKey.export({ format: 'der', type: 'pkcs8' })),
    serverPublicKey: base64(spkiOf(server.publicKey)),
  };
}

async function opened(account: object = {}) {
  const { core, deviceId } = await coreWithDevice();
  const template = (more: object) =>
    core.handlers['bootstrap.set-template'](
      call({
        params: { name: 'default' },
        body: { accounts: [{ shortServerId: 1 }, { shortServerId: 9, uri, ...more } as never] },
      }),
    );
  await template(account);
  const set = (body: object, server = '9') =>
    core.handlers['bootstrap.set-account-keys'](call({ params: { device, server }, body }));
  const remove = (server = '9') => core.handlers['bootstrap.remove-account-keys'](call({ params: { device, server } }));
  const list = async () => (await core.handlers['bootstrap.account-keys'](call({ params: { device } }))).items;
  const begin = () => ask(core, bootstrapSession(core, deviceId));
  /** The identity and key that the device was given for the server elsewhere, each time. */
  const given = () =>
    written(core, '/0/2').map((values) => [text(values[3]), Buffer.from(String(values[5]), 'base64').toString('hex')]);
  return { core, deviceId, template, set, remove, list, begin, given };
}

const psk = { identity: 'own-{endpoint}', key: OWN };

describe('keys that a device has of its own for a server elsewhere', () => {
  it('are given in the place of those of its template, until they are taken away', async () => {
    const { set, remove, list, begin, given } = await opened({ keys: { identity: 'shared', key: SHARED } });
    expect(await list()).toEqual([{ shortServerId: 9, uri, security: 'psk', own: false }]);
    await begin();
    await set(psk);
    await begin();
    await remove();
    await begin();
    expect(given()).toEqual([
      ['shared', SHARED],
      ['own-truck-1', OWN],
      ['shared', SHARED],
    ]);
    await expect(remove()).rejects.toMatchObject({ code: 'no-such-thing' });
  });

  it('are shown to nobody, and sealed', async () => {
    const { core, set, list } = await opened();
    const told = await set(psk);
    expect(told).toEqual({
      shortServerId: 9,
      uri,
      security: 'psk',
      own: true,
      changedAt: core.time.now,
      changedBy: 'ana',
    });
    const journal = await core.store.journal({});
    const rows = await core.store.list('accountKeys', {});
    expect(rows).toHaveLength(1);
    const stored = Buffer.from(rows[0]?.sealedKeys ?? []).toString('latin1');
    for (const seen of [JSON.stringify(told), JSON.stringify(await list()), JSON.stringify(journal), stored]) {
      expect([seen.includes(OWN), seen.includes('own-')]).toEqual([false, false]);
    }
    expect(journal.at(-1)).toMatchObject({ type: 'bootstrap.account-keys-set', payload: { shortServerId: 9 } });
  });

  it('need none in the template; a device that has none then is given nothing, and the record says why', async () => {
    const { core, set, list, begin, given } = await opened();
    const fault = 'neither the device nor its template has keys for server 9';
    expect(await list()).toEqual([{ shortServerId: 9, uri, security: 'psk', own: false, fault }]);
    await begin();
    expect(core.bootstrapped).toEqual([]);
    expect(await newest(core)).toMatchObject({ state: 'failed', reason: fault });
    await set(psk);
    await begin();
    expect(given()).toEqual([['own-truck-1', OWN]]);
  });

  it('are of any kind that the account is of', async () => {
    const keys = rawKeys();
    const { core, set, begin } = await opened({ security: 'raw-key' });
    await set(keys);
    await begin();
    const { publicKey, serverPublicKey, privateKey } = keys;
    expect(written(core, '/0/2')[0]).toMatchObject({ 2: 1, 3: publicKey, 4: serverPublicKey, 5: privateKey, 10: 9 });
  });

  it.each([
    ['9', 'lack key', { identity: 'a' }],
    ['9', 'have salt', { ...psk, salt: '00' }],
    ['9', 'needs what is not known of the device', { ...psk, identity: '{label.serial}' }],
    ['9', 'lack identity and key', rawKeys()],
    ['1', 'no account 1 on a server elsewhere', psk],
    ['7', 'no account 7 on a server elsewhere', psk],
  ])('are refused where no account takes them: %s, %s', async (server, message, body) => {
    const { core, set } = await opened();
    await expect(set(body, server)).rejects.toMatchObject({
      code: 'invalid-request',
      places: [{ at: 'body', message: expect.stringContaining(message) }],
    });
    expect(await core.store.list('accountKeys', {})).toEqual([]);
  });

  it('that do not fit the template any more are given to nobody, and that is told', async () => {
    const { core, template, set, list, begin } = await opened();
    await set(psk);
    await template({ security: 'raw-key', keys: rawKeys() });
    const fault = expect.stringContaining('the keys for server 9 lack publicKey');
    expect(await list()).toMatchObject([{ shortServerId: 9, own: true, fault }]);
    await begin();
    expect(core.bootstrapped).toEqual([]);
    expect(await newest(core)).toMatchObject({ state: 'failed', reason: fault });
    await template({ shortServerId: 8, security: 'none', uri: 'coap://other.example' });
    expect(await list()).toMatchObject([
      { shortServerId: 9, own: true, fault: expect.stringContaining('no account 9') },
    ]);
  });

  it('go with the device', async () => {
    const { core, set } = await opened();
    await set(psk);
    await core.handlers['devices.remove'](call({ params: { device } }));
    expect(await core.store.list('accountKeys', {})).toEqual([]);
  });

  it('are bounded, however often the template changes', async () => {
    const { template, set } = await opened();
    const most = bootstrapLimits.accountKeysPerDevice;
    for (let id = 10; id <= 10 + most; id++) {
      await template({ shortServerId: id });
      const given = set(psk, String(id));
      if (id < 10 + most) await given;
      else await expect(given).rejects.toMatchObject({ code: 'too-many' });
    }
    await template({ shortServerId: 10 });
    await set({ ...psk, key: SHARED }, '10');
  });

  it('are of one device alone: what is sealed for one opens for no other', async () => {
    const { core, deviceId, set, list } = await opened();
    await set(psk);
    await core.handlers['devices.add'](call({ body: { endpoint: 'truck-2' } }));
    const [row] = await core.store.list('accountKeys', {});
    const other = [...core.fleet.all()].find(({ row: { endpoint } }) => endpoint === 'truck-2');
    if (!row || !other) throw new Error('no row, or no device');
    const moved = { ...row, deviceId: other.row.deviceId };
    await core.store.commit({
      changes: [
        { delete: 'accountKeys', key: { deviceId, shortServerId: 9 } },
        { put: 'accountKeys', row: moved },
      ],
    });
    expect(await list()).toMatchObject([{ own: false }]);
    const { items } = await core.handlers['bootstrap.account-keys'](call({ params: { device: 'truck-2' } }));
    expect(items).toMatchObject([{ own: true, fault: 'the keys for server 9 do not open' }]);
  });
});

it('a device that is not there has none', async () => {
  const core = await openTestCore({ trusting });
  const asked = core.handlers['bootstrap.account-keys'](call({ params: { device: 'nobody' } }));
  await expect(asked).rejects.toMatchObject({ code: 'no-such-device' });
});
