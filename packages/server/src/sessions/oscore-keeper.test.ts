import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { CredentialId, DeviceId, OrganisationId } from '../ids.ts';
import type { OscoreFound } from '../link/oscore-port.ts';
import type { LinkDown } from '../link/port.ts';
import { Credentials } from '../registry/credentials.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import { type Store, StoreError } from '../store/port.ts';
import { openSealer, type Sealer } from '../store/sealing.ts';
import { watchedStore } from '../store/test-watched.ts';
import { START } from '../test-core.ts';
import { sessionLimits } from './limits.ts';
import { OscoreKeeper } from './oscore-keeper.ts';

const credentialId = 'cred-1' as CredentialId;
const SECRET = Buffer.alloc(16, 7);
const PROOF = 'oscore:0a';
const JUMP = 5;
const { oscoreBlock } = sessionLimits;

let sealer: Sealer;
let store: Store;
beforeEach(async () => {
  sealer = await openSealer({ keyFile: join(mkdtempSync(join(tmpdir(), 'reeve-oscore-keeper-')), 'key') });
  store = openMemoryStore();
  const sealed = new Credentials(sealer).seal(credentialId, SECRET);
  const row = {
    organisationId: 'org-1' as OrganisationId,
    deviceId: 'dev-1' as DeviceId,
    credentialId,
    kind: 'oscore',
    purpose: 'management',
    proof: PROOF,
    sealedKey: sealed,
    oscore: { senderId: '0a', recipientId: '00', salt: '9e', aead: 10, hmac: 5 },
    sendLimit: 0,
    validFrom: 0,
    validUntil: START + 1000,
    createdAt: START,
  } as const;
  await store.commit({ changes: [{ put: 'credentials', row }] });
});

/** A process over the store. */
async function start(over: Store = store) {
  const credentials = await Credentials.load(over, sealer);
  const sent: LinkDown[] = [];
  const time = { now: START };
  const keeper = new OscoreKeeper({
    store: over,
    credentials,
    purposeOf: () => 'management',
    send: (message) => sent.push(message),
    random: () => JUMP,
    now: () => time.now,
  });
  let lookups = 0;
  return {
    keeper,
    credentials,
    time,
    sent,
    /** What it answers a question. */
    find: async (kid: string, kidContext?: string): Promise<OscoreFound | undefined> => {
      lookups += 1;
      const ids = { kid, ...(kidContext === undefined ? {} : { kidContext }) };
      await keeper.find({ kind: 'find-oscore', lookup: lookups, ingress: 0, ...ids });
      const answer = sent.at(-1);
      if (answer?.kind !== 'oscore' || answer.lookup !== lookups) throw new Error('no answer');
      return answer.found;
    },
    reserve: (upTo: number, derived?: string) =>
      keeper.reserve({
        kind: 'reserve-oscore',
        credential: credentialId,
        upTo,
        ...(derived === undefined ? {} : { derived }),
      }),
  };
}

const kept = async () => {
  const row = await store.get('credentials', { credentialId });
  return { sendLimit: row?.sendLimit, derived: row?.derived };
};

describe('numbers to send with', () => {
  it('are reserved in the store before they are given out, and never lowered', async () => {
    const first = await start();
    expect(await first.find('0a')).toMatchObject({ sendFrom: 0, sendLimit: oscoreBlock });
    expect(await kept()).toEqual({ sendLimit: oscoreBlock, derived: undefined });
    await first.reserve(2 * oscoreBlock);
    expect(first.sent.at(-1)).toEqual({ kind: 'oscore-reserved', credential: credentialId, upTo: 2 * oscoreBlock });
    expect(await kept()).toMatchObject({ sendLimit: 2 * oscoreBlock });

    const second = await start();
    const sendFrom = 2 * oscoreBlock + JUMP;
    expect(await second.find('0a')).toMatchObject({ sendFrom, sendLimit: sendFrom + oscoreBlock });
  });

  it('begin anew under new keys, which a restart keeps', async () => {
    const first = await start();
    await first.find('0a');
    await first.reserve(oscoreBlock, 'aabb');
    expect(await kept()).toEqual({ sendLimit: oscoreBlock, derived: 'aabb' });
    expect(await (await start()).find('0a')).toMatchObject({ derived: 'aabb', sendFrom: oscoreBlock + JUMP });
  });

  it('go to one of two processes; the other one forgets the keys', async () => {
    const [one, other] = [await start(), await start()];
    await one.find('0a');
    const { sendFrom = 0 } = (await other.find('0a')) ?? {};
    expect(sendFrom).toBeGreaterThanOrEqual(oscoreBlock);
    await one.reserve(2 * oscoreBlock);
    expect(one.sent.at(-1)).toEqual({ kind: 'close-identity', identity: PROOF });
    await other.reserve(sendFrom + 2 * oscoreBlock);
    expect(other.sent.at(-1)).toMatchObject({ kind: 'oscore-reserved' });
    // It asks again, and gets numbers that the other one does not have.
    expect(await one.find('0a')).toMatchObject({ sendFrom: sendFrom + 2 * oscoreBlock + JUMP });
  });

  it('are not given out while the store fails', async () => {
    const { store: watched, control } = watchedStore(store);
    const process = await start(watched);
    control.failure = new StoreError('full', 'no room');
    expect(await process.find('0a')).toBeUndefined();
    control.failure = undefined;
    expect(await process.find('0a')).toMatchObject({ sendFrom: 0 });
    control.failure = new StoreError('full', 'no room');
    await process.reserve(2 * oscoreBlock);
    expect(process.sent.at(-1)).toEqual({ kind: 'close-identity', identity: PROOF });
  });
});

describe('the keys of ids', () => {
  it('have the ids the other way round, and the secret', async () => {
    const { find } = await start();
    expect(await find('0a', 'ffff')).toMatchObject({
      credential: credentialId,
      identity: PROOF,
      masterSecret: SECRET,
      masterSalt: '9e',
      senderId: '00',
      recipientId: '0a',
      aead: 10,
      hkdf: 5,
    });
  });

  it('are not found for others, after their time, or once they were removed', async () => {
    const process = await start();
    expect(await process.find('0b')).toBeUndefined();
    process.time.now += 1000;
    expect(await process.find('0a')).toBeUndefined();
    process.time.now = START;
    const [row] = process.credentials.of('dev-1' as DeviceId);
    const finding = process.find('0a');
    // It goes while its numbers are being reserved.
    if (row) process.credentials.remove(row);
    expect(await finding).toBeUndefined();
  });
});
