import { createPrivateKey } from 'node:crypto';
import { type DtlsEffect, DtlsServer, type LookupId, type ServerIdentity, type ServerOptions } from '@reeve/dtls';
import type { CredentialId } from '../ids.ts';
import { type DtlsSettings, defaultDtls } from './dtls-settings.ts';
import type { LinkDown, LinkIdentity, LinkUp, Listener } from './port.ts';

/** What every DTLS server has alike. */
type Shared = Pick<ServerOptions, 'random' | 'prefixOf' | 'reservations' | 'keyLog'> &
  Required<Pick<ServerOptions, 'connectionIds'>>;

/** What a server asks about a peer, and what it is answered. */
type Question = Extract<DtlsEffect, { lookup: LookupId }>;
type Answer = Extract<LinkDown, { kind: 'psk' | 'peer' | 'resumed' }>;

/** Sessions that each server remembers by their id. */
const SESSION_IDS = 10_000;

/**
 * The DTLS side of the secure sockets. Sockets of one purpose with equal settings share a server, so that a device may
 * move from one to the other; those with settings of their own have one of their own.
 */
export class DtlsListeners {
  /** By the index of the socket. */
  readonly #byIngress: readonly (DtlsServer | undefined)[];
  readonly #servers: readonly DtlsServer[];

  constructor(listen: readonly Listener[], shared: Shared) {
    const bySettings = new Map<string, DtlsServer>();
    this.#byIngress = listen.map(({ transport, dtls, bootstrap = false }) => {
      if (transport !== 'coaps') return undefined;
      const settings = { ...defaultDtls, ...dtls };
      const key = JSON.stringify([bootstrap, settings]);
      const server = bySettings.get(key) ?? new DtlsServer(optionsOf(settings, shared));
      bySettings.set(key, server);
      return server;
    });
    this.#servers = [...bySettings.values()];
  }

  /** The server of a socket; undefined for one without DTLS. */
  at(ingress: number): DtlsServer | undefined {
    return this.#byIngress[ingress];
  }

  all(): readonly DtlsServer[] {
    return this.#servers;
  }

  /** Replaces what the server proves itself with; handshakes under way go on with what they have. */
  setIdentities(identities: readonly LinkIdentity[]): void {
    const read = identities.map(readIdentity);
    for (const server of this.#servers) server.setIdentities(read);
  }

  /**
   * A question about a peer, as it crosses the port. Every server numbers its questions by itself: the number there tells
   * them apart. Sockets that share a server ask as the first of them.
   */
  ask(server: DtlsServer, effect: Question): LinkUp {
    const lookup = effect.lookup * this.#servers.length + this.#servers.indexOf(server);
    const asked = { lookup, ingress: this.#byIngress.indexOf(server) };
    switch (effect.kind) {
      case 'findPsk':
        return { kind: 'find-psk', ...asked, identity: Buffer.from(effect.identity).toString('hex') };
      case 'findPeer':
        return { kind: 'find-peer', ...asked, presented: effect.presented };
      case 'findResumed': {
        const { identity, credential } = effect;
        return { kind: 'find-resumed', ...asked, identity, credential: credential as CredentialId };
      }
    }
  }

  /** Hands the answer to the server that asked. */
  answer(message: Answer, now: number): void {
    const server = this.#servers[message.lookup % this.#servers.length];
    const lookup = Math.floor(message.lookup / this.#servers.length) as LookupId;
    if (message.kind === 'psk') server?.pskFound(lookup, message.found, now);
    else if (message.kind === 'peer') server?.peerFound(lookup, message.verdict, now);
    else server?.resumedFound(lookup, message.good, now);
  }
}

function optionsOf(settings: DtlsSettings, { connectionIds, ...shared }: Shared): ServerOptions {
  return {
    ...shared,
    suites: settings.suites,
    clientKinds: settings.credentials,
    requireExtendedMasterSecret: settings.requireExtendedMasterSecret,
    ...(settings.connectionIds ? { connectionIds } : {}),
    ...(settings.resumption ? { resumption: { sessionIds: SESSION_IDS, tickets: true } } : {}),
  };
}

function readIdentity({ privateKey, ...identity }: LinkIdentity): ServerIdentity {
  return { ...identity, privateKey: createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' }) };
}
