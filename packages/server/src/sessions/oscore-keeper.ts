import type { CredentialId, Millis } from '../ids.ts';
import { Lanes } from '../lanes.ts';
import type { OscoreDown, OscoreFound, OscoreUp } from '../link/oscore-port.ts';
import type { LinkDown } from '../link/port.ts';
import type { CredentialRow, Credentials, Purpose } from '../registry/credentials.ts';
import { proofs } from '../registry/proofs.ts';
import type { Store } from '../store/port.ts';
import { sessionLimits } from './limits.ts';

type Find = Extract<OscoreUp, { kind: 'find-oscore' }>;
type Reserve = Extract<OscoreUp, { kind: 'reserve-oscore' }>;

interface Options {
  readonly store: Store;
  readonly credentials: Credentials;
  /** What a socket is for. */
  readonly purposeOf: (ingress: number) => Purpose;
  readonly send: (message: LinkDown | OscoreDown) => void;
  /** A random integer below a bound. */
  readonly random: (below: number) => number;
  readonly now: () => Millis;
}

/** How far a credential's numbers are reserved, and for which keys. */
interface Kept {
  readonly sendLimit: number;
  readonly derived?: string;
}

/**
 * Keeps what OSCORE must not forget: the numbers that the server may have sent with, which live as long as the
 * credential, and the ID context of the keys in use. Numbers are reserved by compare-and-set before they are used. What
 * a device sent with need not be kept: after a restart its first request proves that it is fresh.
 */
export class OscoreKeeper {
  readonly #o: Options;
  readonly #lanes = new Lanes<CredentialId>();
  readonly #kept = new Map<CredentialId, Kept>();

  constructor(options: Options) {
    this.#o = options;
  }

  /** Whose keys are these? The answer comes with numbers that were reserved for it. */
  async find({ lookup, ingress, kid, kidContext }: Find): Promise<void> {
    const row = this.#find(kid, kidContext, ingress);
    const found = row && (await this.#take(row).catch(() => undefined));
    // It may have gone meanwhile; then the link was told already.
    const good = found && this.#o.credentials.isGood(found.credential, this.#o.now());
    this.#o.send({ kind: 'oscore', lookup, ...(good ? { found } : {}) });
  }

  /** Reserves numbers; those of new keys begin anew. Where that fails the link forgets the keys, and asks for them again. */
  async reserve({ credential, upTo, derived }: Reserve): Promise<void> {
    const wanted = keptOf({ sendLimit: upTo, derived });
    try {
      await this.#lanes.run(credential, () => this.#set(credential, wanted));
    } catch {
      const identity = this.#o.credentials.behind({ credential })?.proof;
      if (identity !== undefined) this.#o.send({ kind: 'close-identity', identity });
      return;
    }
    this.#o.send({ kind: 'oscore-reserved', credential, upTo, ...(derived === undefined ? {} : { derived }) });
  }

  #find(kid: string, kidContext: string | undefined, ingress: number): CredentialRow | undefined {
    const { credentials, purposeOf, now } = this.#o;
    const labels = [...(kidContext === undefined ? [] : [proofs.oscore(kid, kidContext)]), proofs.oscore(kid)];
    for (const label of labels) {
      const row = credentials.find(label, now(), purposeOf(ingress));
      if (row) return row;
    }
    return undefined;
  }

  /** Numbers for a process that begins: some are left out, in case another one runs on a copy of the same data. */
  #take(row: CredentialRow): Promise<OscoreFound | undefined> {
    const { credentialId, oscore, proof } = row;
    return this.#lanes.run(credentialId, async () => {
      const masterSecret = this.#o.credentials.key(row);
      if (!masterSecret || !oscore) return undefined;
      const { sendLimit: before, derived } = await this.#read(credentialId);
      const sendFrom = before === 0 ? 0 : before + this.#o.random(sessionLimits.oscoreJump);
      const sendLimit = sendFrom + sessionLimits.oscoreBlock;
      await this.#set(credentialId, keptOf({ sendLimit, derived }));
      const { senderId, recipientId, salt, idContext, aead, hmac } = oscore;
      return {
        credential: credentialId,
        identity: proof,
        masterSecret,
        masterSalt: salt,
        // What is the device's is the other way round here.
        senderId: recipientId,
        recipientId: senderId,
        ...(idContext === undefined ? {} : { idContext }),
        aead,
        hkdf: hmac,
        ...(derived === undefined ? {} : { derived }),
        sendFrom,
        sendLimit,
      };
    });
  }

  /** In the lane of the credential. @throws StoreError `conflict` if another process was there, or the credential went */
  async #set(credentialId: CredentialId, { sendLimit, derived }: Kept): Promise<void> {
    const { sendLimit: before, derived: former } = await this.#read(credentialId);
    const when = { sendLimit: before, ...(former === undefined ? {} : { derived: former }) };
    const key = { credentialId };
    try {
      await this.#o.store.commit({ changes: [{ patch: 'credentials', key, set: { sendLimit, derived }, when }] });
    } catch (error) {
      this.#kept.delete(credentialId);
      throw error;
    }
    this.#kept.set(credentialId, keptOf({ sendLimit, derived }));
  }

  async #read(credentialId: CredentialId): Promise<Kept> {
    return this.#kept.get(credentialId) ?? keptOf((await this.#o.store.get('credentials', { credentialId })) ?? {});
  }
}

function keptOf({ sendLimit = 0, derived }: { sendLimit?: number | undefined; derived?: string | undefined }): Kept {
  return derived === undefined ? { sendLimit } : { sendLimit, derived };
}
