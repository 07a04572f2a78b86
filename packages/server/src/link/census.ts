import { type DropCounters, type DtlsServer, NO_DROPS } from '@reeve/dtls';
import type { Census } from './handshake-facts.ts';

/** A handshake of DTLS or TLS that was finished. */
interface Counted {
  readonly identity: string;
  readonly suite: string;
  readonly resumed: boolean;
}
type Kind = Census['established'][number]['kind'];

/** The kind of credential that an identity label begins with. */
const KIND: Readonly<Record<string, Kind>> = { psk: 'psk', rpk: 'raw-key', x509: 'certificate' };

/** Counts the handshakes that led to a session; those that failed are told one by one. */
export class HandshakeCensus {
  /** Bounded: kinds of credentials times suites times two. */
  readonly #established = new Map<string, Census['established'][number]>();

  count({ identity, suite, resumed }: Counted): void {
    const kind = kindOf(identity);
    const key = `${kind} ${suite} ${resumed}`;
    const count = (this.#established.get(key)?.count ?? 0) + 1;
    this.#established.set(key, { kind, suite, resumed, count });
  }

  /**
   * The counts, beside what the servers dropped and hold.
   *
   * @param connections sessions that are connections
   */
  view(servers: Iterable<Pick<DtlsServer, 'dropped' | 'sizes'>>, connections = 0): Census {
    const dropped: DropCounters = { ...NO_DROPS };
    const sessions = { live: connections, asleep: 0, underWay: 0 };
    for (const server of servers) {
      for (const [reason, count] of Object.entries(server.dropped())) dropped[reason as keyof DropCounters] += count;
      const { sessions: all, activeSessions: live, halfOpen } = server.sizes();
      sessions.live += live;
      sessions.asleep += all - live;
      sessions.underWay += halfOpen;
    }
    return { established: [...this.#established.values()], dropped, sessions };
  }
}

function kindOf(identity: string): Kind {
  return KIND[identity.slice(0, identity.indexOf(':'))] ?? 'psk';
}
