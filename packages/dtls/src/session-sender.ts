/** What sessions send: with sequence numbers that are reserved, to where the peer is. */
import { AlertLevel, type AlertName, encodeAlert } from './alert.ts';
import { ALL_SEQUENCES } from './counters.ts';
import type { Session } from './dormitory.ts';
import type { SessionHost } from './moves.ts';
import type { Outlet } from './outlet.ts';
import { affords } from './paths.ts';
import { ContentType } from './record.ts';
import type { RecordLayer } from './record-layer.ts';
import { nextLimit } from './reservation.ts';

/** `exhausted`: no sequence number is left, now or later; for the others see `SendResult`. */
type Sending = 'sent' | 'waiting' | 'queue-full' | 'exhausted';

export class SessionSender {
  readonly #out: Outlet;
  readonly #host: SessionHost;

  constructor(out: Outlet, host: SessionHost) {
    this.#out = out;
    this.#host = host;
  }

  /** Reserves the first block of sequence numbers, which is stored with the session. @returns its end */
  reserveFirst({ counters }: RecordLayer): number | undefined {
    if (this.#host.reservations === undefined) return undefined;
    counters.sendLimit = Math.min(counters.sendNext + this.#host.reservations.block, ALL_SEQUENCES);
    return counters.sendLimit;
  }

  /** Sends application data, or lets it wait for a sequence number. */
  send(session: Session, data: Uint8Array): Sending {
    if (session.layer.exhausted) return 'exhausted';
    if (session.layer.reserved > 0) {
      this.#transmit(session, ContentType.APPLICATION_DATA, data);
      this.askForNumbers(session);
      return 'sent';
    }
    session.waiting ??= [];
    const bytes = session.waiting.reduce((sum, { length }) => sum + length, data.length);
    if (bytes > this.#host.limits.waitingBytes) {
      this.#out.drops.overLimit++;
      return 'queue-full';
    }
    session.waiting.push(Uint8Array.from(data));
    this.askForNumbers(session);
    return 'waiting';
  }

  /** Sends a warning, unless no sequence number is reserved for it: alerts do not wait. */
  warn(session: Session, alert: AlertName): void {
    if (session.layer.reserved <= 0) return;
    this.#transmit(session, ContentType.ALERT, encodeAlert(AlertLevel.WARNING, alert));
  }

  /** Sends the flight that ended the handshake again, of which one record is protected. @returns whether it could */
  repeatLastFlight({ lastFlight, layer, address }: Session): boolean {
    if (lastFlight === undefined || layer.reserved <= 0) return false;
    this.#out.sendFlight(address, lastFlight.items, layer);
    return true;
  }

  /** Asks for more sequence numbers when it is time. */
  askForNumbers(session: Session): void {
    if (this.#host.reservations === undefined) return;
    const { counters } = session.layer;
    session.reservation ??= { block: this.#host.reservations.block, asked: counters.sendLimit };
    const upTo = nextLimit(counters, session.reservation);
    if (upTo === undefined) return;
    session.reservation = { block: upTo - counters.sendLimit, asked: upTo };
    this.#out.emit({ kind: 'reserve', session: session.key, from: counters.sendLimit, upTo });
  }

  /** What has waited for sequence numbers waits no more. */
  takeWaiting(session: Session): readonly Uint8Array[] {
    const { waiting = [] } = session;
    session.waiting = undefined;
    return waiting;
  }

  /** Seals a record and sends it to where the peer is, as far as that is known. */
  #transmit(session: Session, type: number, plaintext: Uint8Array): void {
    const datagram = session.layer.seal(1, type, plaintext);
    const { candidate } = session;
    if (!affords(candidate, datagram.length)) {
      this.#out.send(session.address, datagram);
      return;
    }
    session.candidate = { address: candidate.address, budget: candidate.budget - datagram.length };
    this.#out.send(candidate.address, datagram);
  }
}
