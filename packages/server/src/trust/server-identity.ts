import type { ServerIdentity } from '@reeve/contract';
import { serverActor } from '../access/identity.ts';
import type { Millis, OrganisationId } from '../ids.ts';
import type { JournalDraft } from '../journal/entries.ts';
import type { LinkDown, LinkIdentity } from '../link/port.ts';
import type { ServerFacts } from '../registry/new-credential.ts';
import { sha256 } from '../registry/proofs.ts';
import type { Store } from '../store/port.ts';
import { CertificateFiles, type IdentityFiles } from './certificate-files.ts';
import { trustLimits } from './limits.ts';
import type { ServerKey } from './server-key.ts';

interface Options {
  readonly store: Store;
  readonly organisationId: OrganisationId;
  readonly key: ServerKey;
  readonly files: readonly IdentityFiles[];
  /** Hands identities to the link. */
  readonly send: (message: LinkDown) => void;
}

/** What the server proves itself with: its raw key, and certificate chains that are read again when their files change. */
export class ServerIdentities {
  readonly #o: Options;
  readonly #chains: readonly CertificateFiles[];
  /** Fingerprints of certificates whose end was told of already. */
  readonly #told = new Set<string>();

  private constructor(options: Options, chains: readonly CertificateFiles[]) {
    this.#o = options;
    this.#chains = chains;
  }

  /** Reads every file, and hands the identities to the link. @throws Error that names the file and what is wrong with it */
  static async open(options: Options): Promise<ServerIdentities> {
    const identities = new ServerIdentities(options, await Promise.all(options.files.map(CertificateFiles.open)));
    identities.#hand();
    return identities;
  }

  view(): ServerIdentity {
    const { publicKey } = this.#o.key;
    return {
      rawKey: { publicKey: Buffer.from(publicKey).toString('base64'), fingerprint: sha256(publicKey) },
      certificates: this.#chains.map(({ view }) => view),
    };
  }

  /** The certificate, in DER, that the server shows to whom asks for a host; undefined if it has none for it. */
  certificateFor(host: string): Uint8Array | undefined {
    const links = this.#chains.map(({ link }) => link);
    const shown =
      links.find(({ serverNames }) => serverNames?.includes(host)) ?? links.find((each) => !each.serverNames);
    return shown?.certificates?.[0];
  }

  /** What devices have to know. */
  facts(): ServerFacts {
    const { rawKey, certificates } = this.view();
    return { publicKey: rawKey.publicKey, certificates: certificates.map(({ fingerprint }) => fingerprint) };
  }

  /** What people should know: files that can't be read, certificates that end soon. */
  warnings(now: Millis): string[] {
    return this.#chains.flatMap(({ view: { file, lastError, notAfter } }) => [
      ...(lastError === undefined ? [] : [`The server's certificate could not be read again: ${lastError}.`]),
      ...(notAfter - now < trustLimits.expiryWarning
        ? [`The server's certificate in ${file} ${ending(notAfter, now)}.`]
        : []),
    ]);
  }

  /**
   * Reads changed files again, and tells the journal of what came of it and of certificates that end soon.
   *
   * @param force read them even if they seem the same
   */
  async refresh(now: Millis, force = false): Promise<void> {
    const journal: JournalDraft[] = [];
    let changed = false;
    for (const chain of this.#chains) {
      const outcome = await chain.refresh(force);
      const { subject, fingerprint, notAfter, file, lastError = '' } = chain.view;
      changed ||= outcome === 'loaded';
      if (outcome === 'loaded') {
        journal.push({
          ...this.#entry(now),
          type: 'server.certificate-loaded',
          payload: { subject, fingerprint, notAfter },
        });
      } else if (outcome === 'failed') {
        journal.push({ ...this.#entry(now), type: 'server.certificate-alarm', payload: { file, reason: lastError } });
      }
      if (notAfter - now >= trustLimits.expiryWarning || this.#told.has(fingerprint)) continue;
      this.#told.add(fingerprint);
      const reason = `${subject} ${ending(notAfter, now)}`;
      journal.push({ ...this.#entry(now), type: 'server.certificate-alarm', payload: { file, reason } });
    }
    if (changed) this.#hand();
    if (journal.length > 0) await this.#o.store.commit({ journal });
  }

  #hand(): void {
    const { publicKey, privateKey } = this.#o.key;
    const raw: LinkIdentity = { rawKey: publicKey, privateKey };
    this.#o.send({ kind: 'identities', identities: [raw, ...this.#chains.map(({ link }) => link)] });
  }

  #entry(at: Millis) {
    return { at, organisationId: this.#o.organisationId, actor: serverActor };
  }
}

/** When a certificate ends, for people. */
export function ending(notAfter: Millis, now: Millis): string {
  const on = new Date(notAfter).toISOString().slice(0, 10);
  return notAfter < now ? `expired on ${on}` : `expires on ${on}`;
}
