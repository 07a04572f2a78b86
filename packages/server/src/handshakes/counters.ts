import type { HandshakeCounters } from '@reeve/contract';
import type { Millis } from '../ids.ts';
import type { Census, DropReason } from '../link/handshake-facts.ts';
import { checks } from './checks.ts';
import type { FailedHandshakes } from './failed.ts';

/** Why records are dropped without an answer (RFC 6347 §4.1.2.7), in words. */
const dropWords: Readonly<Record<DropReason, string>> = {
  notRecord: 'not a DTLS record',
  replayed: 'seen before, or too old to tell',
  notAuthentic: 'no key opens it',
  unexpected: 'means nothing where its handshake or session stands',
  malformed: 'its structure is wrong',
  badCookie: 'a first message with a wrong cookie',
  overLimit: 'over a limit',
  rateLimited: 'not looked at: too many from that address did not open lately',
};

/** How handshakes go: what the link counted last, beside the failures that were told one by one. */
export class HandshakeCounts {
  #census: Census | undefined;

  take(census: Census): void {
    this.#census = census;
  }

  view(failed: FailedHandshakes, since: Millis): HandshakeCounters {
    const { established = [], dropped, sessions } = this.#census ?? {};
    return {
      since,
      established: established.map((each) => ({ ...each })),
      failed: [...failed.counts()]
        .map(([check, count]) => ({ check, title: checks[check].title, count }))
        .sort((a, b) => b.count - a.count),
      dropped: (Object.keys(dropWords) as DropReason[]).map((reason) => ({
        reason,
        meaning: dropWords[reason],
        count: dropped?.[reason] ?? 0,
      })),
      sessions: { live: 0, asleep: 0, underWay: 0, ...sessions },
    };
  }
}
