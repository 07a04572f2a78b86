/** When flights are sent, sent again and given up (RFC 6347 §4.2.4). */
import type { Deadlines, Sleeper } from './deadlines.ts';
import type { FlightItem } from './flight.ts';
import type { Handshake } from './handshake.ts';
import { DEFAULT_RETRANSMIT, type RetransmitParameters } from './options.ts';
import type { Outlet } from './outlet.ts';

export class Retransmission {
  readonly #out: Outlet;
  readonly #deadlines: Deadlines<Sleeper>;
  readonly #parameters: RetransmitParameters;

  constructor(out: Outlet, deadlines: Deadlines<Sleeper>, parameters: Partial<RetransmitParameters> = {}) {
    this.#out = out;
    this.#deadlines = deadlines;
    this.#parameters = { ...DEFAULT_RETRANSMIT, ...parameters };
  }

  /** Sends a flight, and again until `stop`. */
  start(handshake: Handshake, items: readonly FlightItem[], now: number): void {
    const { initialMs } = this.#parameters;
    handshake.flight = { items, retransmissions: 0, intervalMs: initialMs, retransmitAt: now + initialMs };
    this.#send(handshake);
    this.schedule(handshake);
  }

  /**
   * The peer asks for our flight again, and gets it no more often than the timer sends it: a copy of an old message,
   * which anybody can send from a forged address, would have a whole chain of certificates sent there.
   */
  repeat(handshake: Handshake): void {
    handshake.repeats++;
    if (handshake.repeats <= this.#parameters.attempts) this.#send(handshake);
  }

  /** The peer's next flight is here; from here on its timer drives the handshake. */
  stop(handshake: Handshake): void {
    handshake.flight = undefined;
    this.schedule(handshake);
  }

  /** The time of a handshake has come. @returns whether it goes on */
  wake(handshake: Handshake, now: number): boolean {
    const { flight } = handshake;
    const { attempts, maxMs } = this.#parameters;
    if (now >= handshake.expiresAt || (flight && flight.retransmissions >= attempts)) return false;
    if (flight !== undefined && now >= flight.retransmitAt) {
      flight.retransmissions++;
      flight.intervalMs = Math.min(flight.intervalMs * 2, maxMs);
      flight.retransmitAt = now + flight.intervalMs;
      this.#send(handshake);
    }
    this.schedule(handshake);
    return true;
  }

  /** Has a handshake woken when its flight is to be sent again, or when it is over. */
  schedule(handshake: Handshake): void {
    const retransmitAt = handshake.flight?.retransmitAt ?? Number.POSITIVE_INFINITY;
    this.#deadlines.arm(handshake, Math.min(handshake.expiresAt, retransmitAt));
  }

  #send({ address, flight, layer }: Handshake): void {
    if (flight !== undefined) this.#out.sendFlight(address, flight.items, layer);
  }
}
