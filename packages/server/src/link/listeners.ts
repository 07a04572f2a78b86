import { createPrivateKey } from 'node:crypto';
import { type DtlsEffect, DtlsServer, type LookupId, type ServerIdentity, type ServerOptions } from '@reeve/dtls';
import { type DtlsSettings, defaultDtls } from './dtls-settings.ts';
import type { LinkIdentity, Listener } from './port.ts';

/** What every DTLS server has alike. */
type Shared = Pick<ServerOptions, 'random' | 'prefixOf' | 'reservations' | 'keyLog'> &
  Required<Pick<ServerOptions, 'connectionIds'>>;

/** Sessions that each server remembers by their id. */
const SESSION_IDS = 10_000;

/**
 * The DTLS side of the secure sockets. Sockets with equal settings share a server, so that a device may move from one to
 * the other; those with settings of their own have one of their own.
 */
export class DtlsListeners {
  /** By the index of the socket. */
  readonly #byIngress: readonly (DtlsServer | undefined)[];
  readonly #servers: readonly DtlsServer[];

  constructor(listen: readonly Listener[], shared: Shared) {
    const bySettings = new Map<string, DtlsServer>();
    this.#byIngress = listen.map(({ transport, dtls }) => {
      if (transport !== 'coaps') return undefined;
      const settings = { ...defaultDtls, ...dtls };
      const key = JSON.stringify(settings);
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

  /** A socket of a server: questions of all of its sockets are asked under the first. */
  ingressOf(server: DtlsServer): number {
    return this.#byIngress.indexOf(server);
  }

  /** Replaces what the server proves itself with; handshakes under way go on with what they have. */
  setIdentities(identities: readonly LinkIdentity[]): void {
    const read = identities.map(readIdentity);
    for (const server of this.#servers) server.setIdentities(read);
  }

  /** Every server numbers its questions by itself: the number that crosses the port tells them apart. */
  lookupOf(server: DtlsServer, { lookup }: Extract<DtlsEffect, { lookup: LookupId }>): number {
    return lookup * this.#servers.length + this.#servers.indexOf(server);
  }

  /** The server that asked, and its own number of the question. */
  asked(lookup: number): { readonly server: DtlsServer; readonly lookup: LookupId } | undefined {
    const count = this.#servers.length;
    const server = this.#servers[lookup % count];
    return server && { server, lookup: Math.floor(lookup / count) as LookupId };
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
