import { type CoapEffect, type CoapEndpoint, PeerKey, type ResponseSpec } from '@reeve/coap';
import { encodeContent, type LwM2mPath } from '@reeve/lwm2m';
import type { Permissions } from './access-control.ts';
import type { ServerEvent } from './effects.ts';
import { LIMITS } from './limits.ts';
import type { DeviceModel } from './model.ts';
import type { Observation, Observations } from './observations.ts';
import { contentResponse, type ReadAnswer, readContent } from './serving.ts';

/** What a notifier works with. */
interface NotifierParts {
  readonly coap: CoapEndpoint;
  readonly model: DeviceModel;
  /** What the server may read. */
  readonly permissions: Permissions;
  readonly observations: Observations;
  /** Every how many notifications of an observation one is confirmable. */
  readonly confirmEvery: number;
  /** Milliseconds since the epoch. */
  readonly wallClock: (() => number) | undefined;
  readonly emit: (event: ServerEvent) => void;
}

/** Tells a server what it observes (OMA Core §6.4). */
export class Notifier {
  readonly #parts: NotifierParts;
  #peer = PeerKey('');

  constructor(parts: NotifierParts) {
    this.#parts = parts;
  }

  /** All observations are over: another session, or another registration, begins. */
  renew(peer: PeerKey, now: number): void {
    this.#parts.coap.removeObservers(peer, now);
    this.#parts.observations.clear();
    this.#peer = peer;
  }

  /** Answers a Read, which may begin or end an observation. */
  answer(answer: ReadAnswer, token: Uint8Array, now: number): ResponseSpec {
    const { observations, emit } = this.#parts;
    if (answer.kind === 'read') return contentResponse(answer);
    const { path, paths } = answer;
    const known = observations.remove(token);
    if (answer.kind === 'cancelObserve') {
      if (known !== undefined) emit({ kind: 'unobserved', path });
      return contentResponse(answer);
    }
    if (observations.size >= LIMITS.observations) return contentResponse(answer);
    const { format, payload, records, parameters } = answer;
    observations.add({ token, path, paths, format, payload, records, parameters }, now);
    emit({ kind: 'observed', path });
    return { ...contentResponse(answer), observe: true };
  }

  /** What lies at or below a path, or holds it, may have changed. */
  touch(path: LwM2mPath): void {
    this.#parts.observations.touch(path);
  }

  /** What has changed so far is not told: it happened while the device was offline (/1/x/6). */
  forgetChanges(): void {
    this.#parts.observations.forgetChanges();
  }

  /** Sends the notifications that are due, and what was kept of those before. */
  notify(now: number): void {
    for (const observation of this.#parts.observations.kept()) this.#tellKept(observation, now);
    for (const observation of this.#parts.observations.due(now)) {
      const content = this.#contentOf(observation, now);
      if (!content.ok) this.#end(observation, content.code, now);
      else if (content.wanted) this.#tell(observation, content, content.payload, now);
    }
  }

  /**
   * The device sleeps: keeps what is due of observations that want it (OMA Core §5.1.2, hqmax). Without a clock there is
   * nothing to tell the values by, so the newest alone are told.
   */
  keep(now: number): void {
    const { observations, wallClock } = this.#parts;
    if (wallClock === undefined) return;
    for (const observation of observations.due(now)) {
      const limit = observations.keeps(observation);
      if (limit === 0) continue;
      const content = this.#contentOf(observation, now);
      if (!content.ok || !content.wanted) continue;
      const time = Math.round(wallClock() / 1000);
      observation.kept.push(content.records.map((record) => ({ time, ...record })));
      if (observation.kept.length > limit) observation.kept.shift();
      Object.assign(observation, { payload: content.payload, records: content.records, toldAt: now });
    }
  }

  /** When there is something to tell, or to keep, ms. */
  nextAt(asleep: boolean): number | undefined {
    if (asleep && this.#parts.wallClock === undefined) return undefined;
    return this.#parts.observations.nextAt(asleep ? 'kept' : 'all');
  }

  /** What became of a confirmable notification, or that the server reset another. */
  outcome({ token, outcome, removed }: Extract<CoapEffect, { kind: 'notifyOutcome' }>, now: number): void {
    const { observations, emit } = this.#parts;
    const observation = observations.get(token);
    if (observation === undefined) return;
    const { path, records } = observation;
    if (outcome === 'acknowledged') {
      Object.assign(observation, { underway: false, unconfirmed: 0, confirmedAt: now });
      emit({ kind: 'acknowledged', path, records });
    }
    if (removed) {
      observations.remove(token);
      emit({ kind: 'unobserved', path });
    }
  }

  /** What an observation would tell now, and whether its server wants that. */
  #contentOf(observation: Observation, now: number) {
    const { observations, model, permissions } = this.#parts;
    Object.assign(observation, { touched: false, evaluatedAt: now });
    const content = readContent(observation, observation.format, { model, permissions });
    if (!content.ok) return content;
    return { ...content, wanted: observations.wants(observation, content.payload, content.records, now) };
  }

  /** One notification with all that was kept; a format that carries no times tells the newest of it. */
  #tellKept(observation: Observation, now: number): void {
    const { format, path, payload, records, kept } = observation;
    observation.kept = [];
    const series = kept.flat();
    const timed = encodeContent({ format, path, records: series });
    if (timed.ok) this.#tell(observation, { format, payload: timed.bytes, records: series }, payload, now);
    else this.#tell(observation, { format, payload, records }, payload, now);
    observation.records = records;
  }

  /** @param told what the server then knows to be the value now, as the next notification is compared with it */
  #tell(
    observation: Observation,
    content: Pick<ReadAnswer, 'format' | 'payload' | 'records'>,
    told: Uint8Array,
    now: number,
  ): void {
    const { coap, observations, confirmEvery, emit } = this.#parts;
    const { token, path } = observation;
    const { records } = content;
    // What goes over a connection arrives, or the connection ends and the observation with it.
    const confirmable = !coap.isConnected(this.#peer) && observations.needsConfirmation(observation, confirmEvery, now);
    if (!coap.notify(this.#peer, token, { ...contentResponse(content), confirmable }, now)) {
      observations.remove(token);
      emit({ kind: 'unobserved', path });
      return;
    }
    Object.assign(observation, { payload: told, records, toldAt: now, underway: confirmable });
    observation.unconfirmed++;
    emit({ kind: 'notified', path, records, confirmable });
  }

  /** What was observed is gone: the last notification says so. */
  #end({ token, path }: Observation, code: number, now: number): void {
    const { coap, observations, emit } = this.#parts;
    observations.remove(token);
    coap.notify(this.#peer, token, { code, confirmable: true }, now);
    emit({ kind: 'unobserved', path });
  }
}
