import { describe, expect, it } from 'vitest';
import type { DeviceId } from '../ids.ts';
import { readIdentity } from '../registry/proofs.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import { call, openTestCore, rest, START, sessionOf, type TestCore } from '../test-core.ts';
import {
  ask,
  BOOTSTRAP_INGRESS,
  bootstrapSession,
  coreWithDevice,
  short,
  text,
  trusting,
  written,
} from './test-bootstrap.ts';

describe('the key that a device is given', () => {
  /** Registers with whatever of its management credentials is the given one. */
  async function register(core: TestCore, deviceId: DeviceId, index: number): Promise<number | undefined> {
    const row = core.credentials.of(deviceId).filter(({ purpose }) => purpose === 'management')[index];
    if (!row) throw new Error('no such credential');
    return core.register({ ...sessionOf('x'), identity: row.proof, credential: row.credentialId });
  }
  const managing = (core: TestCore, deviceId: DeviceId) =>
    core.credentials.of(deviceId).filter(({ purpose }) => purpose === 'management');

  it('BS-14: is given again until the device has registered with it', async () => {
    const { core, deviceId } = await coreWithDevice();
    await ask(core, bootstrapSession(core, deviceId));
    await ask(core, bootstrapSession(core, deviceId));
    expect(managing(core, deviceId)).toHaveLength(1);
    const [first, second] = written(core, '/0/0');
    expect(first?.[5]).toBe(second?.[5]);
  });

  it('is never a context of OSCORE that it was given before, whose numbers it may have used', async () => {
    const { core, deviceId } = await coreWithDevice();
    const body = { accounts: [{ shortServerId: 1, security: 'oscore' as const }] };
    await core.handlers['bootstrap.set-template'](call({ params: { name: 'default' }, body }));
    await ask(core, bootstrapSession(core, deviceId));
    await ask(core, bootstrapSession(core, deviceId));
    expect(managing(core, deviceId)).toHaveLength(1);
    const secrets = ['/21/0', '/21/1'].flatMap((path) => written(core, path)).map((values) => values[0]);
    expect(new Set(secrets).size).toBe(2);
  });

  it('is another one after that, and the one before stays good until the device comes with the new one', async () => {
    const { core, deviceId } = await coreWithDevice();
    await ask(core, bootstrapSession(core, deviceId));
    expect(await register(core, deviceId, 0)).toBe(0x41);
    const [first] = managing(core, deviceId);
    await ask(core, bootstrapSession(core, deviceId));
    expect(managing(core, deviceId)).toHaveLength(2);
    // Its bootstrap was interrupted: it comes with the old key.
    expect(await register(core, deviceId, 0)).toBe(0x41);
    expect(managing(core, deviceId)).toHaveLength(2);
    expect(await register(core, deviceId, 1)).toBe(0x41);
    await rest();
    expect(managing(core, deviceId)).toHaveLength(1);
    expect(managing(core, deviceId)).not.toContain(first);
    const [, second] = written(core, '/0/0');
    expect(managing(core, deviceId)[0]?.proof).toBe(readIdentity(text(second?.[3])));
  });

  it('is confirmed at the next start if the server died before it was', async () => {
    const store = openMemoryStore();
    const { core, deviceId } = await coreWithDevice({ store });
    await ask(core, bootstrapSession(core, deviceId));
    await register(core, deviceId, 0);
    await ask(core, bootstrapSession(core, deviceId));
    core.bootstrapping.bootstrap.registered = () => {};
    await register(core, deviceId, 1);
    expect(managing(core, deviceId)).toHaveLength(2);
    const again = await openTestCore({ store, trusting });
    expect(managing(again, deviceId)).toHaveLength(1);
  });

  it('BS-7: for the bootstrap server is exchanged last, and the old one stays good until the new one is used', async () => {
    const { core, deviceId } = await coreWithDevice();
    await core.handlers['bootstrap.set-template'](
      call({
        params: { name: 'default' },
        body: { accounts: [{ shortServerId: 1 }], renewBootstrapKey: true },
      }),
    );
    const bootstrapping = () => core.credentials.of(deviceId).filter(({ purpose }) => purpose === 'bootstrap');
    const first = bootstrapSession(core, deviceId);
    await ask(core, first);
    expect(core.bootstrapped.map(short).slice(-3)).toEqual(['write /1/0', 'write /0/1', 'finish']);
    expect(written(core, '/0/1').at(-1)).toEqual({ 3: expect.anything(), 5: expect.anything() });
    expect(bootstrapping()).toHaveLength(2);
    // It never came into force: the old key bootstraps, and the same new one is given.
    await ask(core, first);
    expect(bootstrapping()).toHaveLength(2);
    const renewed = bootstrapping().find(({ credentialId }) => credentialId !== first.credential);
    if (!renewed) throw new Error('no other key');
    const { credentialId, proof } = renewed;
    await ask(core, { ...sessionOf('x', { ingress: BOOTSTRAP_INGRESS }), identity: proof, credential: credentialId });
    expect(bootstrapping().map((row) => row.credentialId)).toContain(credentialId);
    expect(bootstrapping().map((row) => row.credentialId)).not.toContain(first.credential);
    expect(core.sentOf('close-identity').map(({ identity }) => identity)).toEqual([first.identity]);
  });

  it('BS-4: for the bootstrap server is left alone where nobody says which account that is', async () => {
    const { core, deviceId } = await coreWithDevice();
    const body = { accounts: [{ shortServerId: 1 }], renewBootstrapKey: true, discover: false };
    await core.handlers['bootstrap.set-template'](call({ params: { name: 'default' }, body }));
    await ask(core, bootstrapSession(core, deviceId));
    expect(core.bootstrapped.map(short)).toEqual(['delete /0', 'delete /1', 'write /0/1', 'write /1/0', 'finish']);
  });

  it('does not bootstrap, and the bootstrap key does not register', async () => {
    const { core, deviceId } = await coreWithDevice();
    await ask(core, bootstrapSession(core, deviceId));
    const hex = (proof = '') => proof.slice('psk:'.length);
    const [made] = managing(core, deviceId);
    const { admission } = core.trust;
    expect(admission.psk(hex(made?.proof), START, 0)).toBeDefined();
    expect(admission.psk(hex(made?.proof), START, BOOTSTRAP_INGRESS)).toBeUndefined();
    expect(admission.psk(hex(readIdentity('truck-1')), START, 0)).toBeUndefined();
    expect(admission.psk(hex(readIdentity('truck-1')), START, BOOTSTRAP_INGRESS)).toBeDefined();
    const detailOf = (ingress: number, identity: string) => {
      const refused = { kind: 'refused', at: START, address: '192.0.2.1:1', check: 'unknown-identity' } as const;
      return admission.explained({ ...refused, detail: 'nobody', ingress, identity }).detail;
    };
    expect(detailOf(0, readIdentity('truck-1'))).toContain('belongs to the bootstrap port');
    expect(detailOf(BOOTSTRAP_INGRESS, made?.proof ?? '')).toContain('belongs to the management port');
    expect(detailOf(0, 'psk:00')).toBe('nobody');
    // Even a session that was admitted by it does not speak for a registration.
    expect(await core.register(bootstrapSession(core, deviceId))).toBe(0x80);
  });
});
