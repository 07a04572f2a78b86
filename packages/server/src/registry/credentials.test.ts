import { describe, expect, it } from 'vitest';
import { newId } from '../ids.ts';
import type { Row } from '../store/tables.ts';
import { openTestCore, organisationId, START } from '../test-core.ts';
import { readIdentity, showIdentity } from './credentials.ts';

describe('an identity', () => {
  it.each([
    ['urn:imei:1234', Buffer.from('urn:imei:1234').toString('hex')],
    ['Zürich', Buffer.from('Zürich').toString('hex')],
    ['hex:00ff', '00ff'],
    ['hex:', ''],
    ['hex:6865783a3030', Buffer.from('hex:00').toString('hex')],
    ['hex:610a', '610a'],
  ])('%s is shown so, and read back', (shown, hex) => {
    expect(showIdentity(hex)).toBe(shown);
    expect(readIdentity(shown)).toBe(hex);
  });

  it('in capital hex digits is the same bytes', () => {
    expect(readIdentity('HEX:00FF')).toBe('00ff');
  });

  it('that only looks like hex is text', () => {
    expect(readIdentity('hex:0')).toBe(Buffer.from('hex:0').toString('hex'));
  });
});

describe('credentials', () => {
  const identity = '00ff80';
  const row = (more: Partial<Row<'credentials'>> = {}) => ({
    organisationId,
    deviceId: newId.device(),
    credentialId: newId.credential(),
    kind: 'psk' as const,
    identity,
    validFrom: START,
    validUntil: START + 1_000,
    createdAt: START,
    ...more,
  });
  const key = Buffer.from('secret key of 16');

  it('give the key of an identity that is not text, only while it is valid', async () => {
    const { credentials, store } = await openTestCore();
    const sealed = credentials.seal(row(), key);
    await store.commit({ changes: [sealed.change] });
    credentials.put(sealed.row);
    expect(credentials.key(identity, START - 1)).toBeUndefined();
    expect(Buffer.from(credentials.key(identity, START) ?? []).equals(key)).toBe(true);
    expect(credentials.key(identity, START + 999)).toBeDefined();
    expect(credentials.key(identity, START + 1_000)).toBeUndefined();
    expect(credentials.key('00ff81', START)).toBeUndefined();
    expect(credentials.deviceOf(identity)).toBe(sealed.row.deviceId);
  });

  it('are sealed at rest, and loaded again', async () => {
    const core = await openTestCore();
    const device = await core.add('truck-1');
    const [stored] = await core.store.list('credentials');
    if (!stored) throw new Error('not stored');
    const opened = core.credentials.key(stored.identity, START);
    expect(opened).toHaveLength(16);
    expect(Buffer.from(stored.sealedKey).includes(Buffer.from(opened ?? []))).toBe(false);
    const again = await openTestCore({ store: core.store });
    expect(again.credentials.key(stored.identity, START)).toEqual(opened);
    expect(again.credentials.of(device.row.deviceId)).toHaveLength(1);
  });

  it('that do not open count as none', async () => {
    const core = await openTestCore();
    await core.add('truck-1');
    const [stored] = await core.store.list('credentials');
    if (!stored) throw new Error('not stored');
    const other = { ...stored, credentialId: newId.credential(), identity: '01' };
    await core.store.commit({ changes: [{ put: 'credentials', row: other }] });
    const again = await openTestCore({ store: core.store });
    expect(again.credentials.has('01')).toBe(true);
    expect(again.credentials.key('01', START)).toBeUndefined();
  });
});
