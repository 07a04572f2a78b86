import { Code, isSuccess } from '../codes.ts';
import type { CoapCore } from '../core.ts';
import type { CoapEffect, NotificationEffect, RequestOutcome } from '../effects.ts';
import type { PeerKey, RequestId } from '../ids.ts';
import { block1, block2, type CoapMessage, optionValue } from '../message.ts';
import { type CoapOption, Option, option } from '../options.ts';
import type { RequestSpec } from '../specs.ts';
import { sameToken, tokenKey } from '../token.ts';
import { block2Option, blockBytes, exponentOf, fills, speaksOfParts, whole } from './blocks.ts';
import { type Bodies, type Body, joined } from './bodies.ts';
import { nextPart, type Upload } from './upload.ts';

type OutcomeEffect = Extract<CoapEffect, { kind: 'outcome' }>;

const EMPTY = new Uint8Array(0);
/** How often a transfer begins anew because the other side lost or changed what it had. */
const MAX_RESTARTS = 3;

/** How far a body of the peer has been fetched. */
interface Download {
  /** What the first part came with. */
  readonly first: CoapMessage;
  readonly body: Body;
  etag: Uint8Array;
}

/** Who wants the answer: whoever made the request, or the notification that told only the beginning of a value. */
type Purpose =
  | { readonly kind: 'request'; readonly id: RequestId }
  | { readonly kind: 'notification'; readonly effect: NotificationEffect };

/** A request of ours whose bodies may take several exchanges. */
interface Transfer {
  readonly peer: PeerKey;
  readonly purpose: Purpose;
  /** What is asked, in every exchange. */
  readonly spec: RequestSpec;
  /** The exchange under way, and what it asked. */
  current: RequestId | undefined;
  sent: RequestSpec;
  /** Whether an exchange was repeated with the Echo value that the peer wanted back (RFC 9175 §2.3). */
  echoed: boolean;
  /** Whether any of its exchanges reached the network. */
  transmitted: boolean;
  upload: Upload | undefined;
  /** The tag of a body that went up, which belongs to all that is asked in its name (RFC 9175 §3.4). */
  readonly tag: CoapOption | undefined;
  download: Download | undefined;
  restarts: number;
  over: boolean;
}

/** The client's side of block-wise transfer (RFC 7959): long requests go out in parts, long answers are fetched whole. */
export class Asking {
  readonly #core: CoapCore;
  readonly #bodies: Bodies;
  readonly #push: (effect: CoapEffect) => void;
  readonly #byExchange = new Map<RequestId, Transfer>();
  /** Those that are past their first exchange, by the name that the caller knows. */
  readonly #renamed = new Map<RequestId, Transfer>();
  /** Values of observations that are being fetched: a newer notification puts an end to that. */
  readonly #observed = new Map<string, Transfer>();
  #bodiesBegun = 0;

  constructor(core: CoapCore, bodies: Bodies, push: (effect: CoapEffect) => void) {
    this.#core = core;
    this.#bodies = bodies;
    this.#push = push;
  }

  /** Sends a request; its one outcome has the whole answer. */
  request(peer: PeerKey, spec: RequestSpec, now: number): RequestId {
    const length = spec.inParts ? 0 : (spec.payload?.length ?? 0);
    const limits = length === 0 ? undefined : this.#core.payloadLimits(peer);
    if (limits === undefined || length <= limits.wholeBytes) {
      return this.#core.request(peer, spec, now);
    }
    const upload = { offset: 0, length: 0, szx: exponentOf(limits.blockBytes), tag: this.#nextTag() };
    const sent = nextPart(spec, upload);
    const id = this.#core.request(peer, sent, now);
    this.#byExchange.set(id, newTransfer(peer, { kind: 'request', id }, spec, { current: id, sent, upload }));
    return id;
  }

  /** Ends a transfer; its outcome is `cancelled`. */
  cancel(peer: PeerKey, id: RequestId, now: number): boolean {
    return this.#core.cancel(peer, this.#renamed.get(id)?.current ?? id, now);
  }

  /**
   * Fetches the rest of a value of which a notification told the beginning. The notification comes again, whole; or as
   * `lost` when the peer does not have that value any more.
   */
  fetchRest(effect: NotificationEffect, spec: RequestSpec, now: number): void {
    const transfer = newTransfer(effect.peer, { kind: 'notification', effect }, spec, {
      current: undefined,
      sent: spec,
    });
    transfer.transmitted = true;
    this.#observed.set(observationKey(effect.peer, effect.token), transfer);
    this.#onAnswer(transfer, effect.message, now);
  }

  /** An exchange is acknowledged, its answer still to come. */
  onAcknowledged(effect: Extract<CoapEffect, { kind: 'acknowledged' }>): void {
    const purpose = this.#byExchange.get(effect.request)?.purpose;
    if (purpose === undefined) this.#push(effect);
    else if (purpose.kind === 'request') this.#push({ ...effect, request: purpose.id });
  }

  /** A notification came: what is still being fetched of an older one is there no more. */
  onNotification(effect: NotificationEffect, now: number): void {
    if (this.#observed.size > 0) {
      const older = this.#observed.get(observationKey(effect.peer, effect.token));
      if (older !== undefined) this.#giveUp(older, now);
    }
    this.#push(effect);
  }

  /** An exchange has ended, and with it the transfer unless there is more to send or to fetch. */
  onOutcome(effect: OutcomeEffect, now: number): void {
    const transfer = this.#transferOf(effect);
    if (transfer === undefined) {
      this.#push(effect);
      return;
    }
    this.#byExchange.delete(effect.request);
    if (transfer.over) return;
    transfer.transmitted ||= effect.transmitted;
    const { outcome } = effect;
    if (outcome.kind === 'response') {
      const { message, observing } = outcome;
      if (this.#echo(transfer, message, now)) return;
      if (transfer.spec.inParts) {
        this.#finish(transfer, { kind: 'response', message, truncated: block2(message)?.more === true });
        return;
      }
      if (transfer.upload !== undefined && this.#goOnSending(transfer, transfer.upload, message, now)) return;
      transfer.upload = undefined;
      if (observing) this.#observed.set(observationKey(transfer.peer, message.token), transfer);
      this.#onAnswer(transfer, message, now);
    } else if (transfer.download !== undefined && outcome.kind !== 'cancelled' && !isPaused(transfer, outcome)) {
      this.#giveUp(transfer, now);
    } else {
      this.#finish(transfer, outcome);
    }
  }

  /** The transfer that an exchange belongs to, or becomes by an answer that says that there is more to it. */
  #transferOf({ request: id, peer, asked, outcome }: OutcomeEffect): Transfer | undefined {
    const known = this.#byExchange.get(id);
    if (known !== undefined || asked === undefined || outcome.kind !== 'response') return known;
    const { message } = outcome;
    if (message.code !== Code.Unauthorized && !speaksOfParts(message)) return undefined;
    return newTransfer(peer, { kind: 'request', id }, asked, { current: id, sent: asked });
  }

  /** Repeats an exchange, once, if the peer wants a value back first. */
  #echo(transfer: Transfer, message: CoapMessage, now: number): boolean {
    const value = message.code === Code.Unauthorized ? optionValue(message, Option.Echo) : undefined;
    if (value === undefined || transfer.echoed) return false;
    transfer.echoed = true;
    const { sent } = transfer;
    const echo = option(Option.Echo, Uint8Array.from(value));
    this.#exchange(transfer, { ...sent, options: [...(sent.options ?? []), echo] }, now);
    return true;
  }

  /** Sends the next part if that is what the answer to the last one asks for (RFC 7959 §2.5, §2.9, §3.2). */
  #goOnSending(transfer: Transfer, upload: Upload, { code, ...message }: CoapMessage, now: number): boolean {
    const answered = block1(message);
    const smaller = answered !== undefined && answered.szx < upload.szx;
    const isLast = upload.offset + upload.length >= (transfer.spec.payload?.length ?? 0);
    if (!isLast && (code === Code.Continue || (isSuccess(code) && answered !== undefined))) {
      upload.offset += upload.length;
    } else if (code === Code.RequestEntityTooLarge && smaller) {
      upload.offset = 0;
    } else if (code === Code.RequestEntityIncomplete && transfer.restarts < MAX_RESTARTS) {
      transfer.restarts++;
      upload.offset = 0;
    } else {
      return false;
    }
    if (smaller) upload.szx = answered.szx;
    this.#exchange(transfer, nextPart(transfer.spec, upload), now);
    return true;
  }

  /** Takes in an answer or a part of one (RFC 7959 §2.4). */
  #onAnswer(transfer: Transfer, message: CoapMessage, now: number): void {
    const block = block2(message);
    const { download } = transfer;
    if (download === undefined) {
      if (block?.more !== true) this.#finish(transfer, { kind: 'response', message: whole(message, message.payload) });
      else if (block.num !== 0) this.#cut(transfer, message);
      else this.#begin(transfer, message, block.szx, now);
    } else if (block === undefined || !isSuccess(message.code)) {
      this.#giveUp(transfer, now);
    } else if (!sameToken(etagOf(message), download.etag)) {
      this.#beginAgain(transfer, download, message, block.num, now);
    } else {
      this.#addPart(transfer, download, message, now);
    }
  }

  #begin(transfer: Transfer, message: CoapMessage, szx: number, now: number): void {
    const body = this.#bodies.open(transfer.peer, `get ${++this.#bodiesBegun}`, now);
    if (typeof body === 'string') {
      this.#push({ kind: 'refused', peer: transfer.peer, reason: body, detail: 'no room for an answer in parts' });
      this.#cut(transfer, message);
      return;
    }
    const download = { first: message, body, etag: etagOf(message) };
    transfer.download = download;
    if (fills(szx, message.payload.length)) this.#addPart(transfer, download, message, now);
    else this.#giveUp(transfer, now);
  }

  /** The value has changed in the meantime: parts of two values are never joined. */
  #beginAgain(transfer: Transfer, download: Download, message: CoapMessage, num: number, now: number): void {
    if (transfer.restarts >= MAX_RESTARTS) {
      this.#giveUp(transfer, now);
      return;
    }
    transfer.restarts++;
    this.#bodies.restart(download.body);
    download.etag = etagOf(message);
    if (num === 0) this.#addPart(transfer, download, message, now);
    else this.#fetch(transfer, 0, block2(message)?.szx ?? 6, now);
  }

  #addPart(transfer: Transfer, { body }: Download, message: CoapMessage, now: number): void {
    const block = block2(message);
    const fits =
      block !== undefined &&
      block.num * blockBytes(block.szx) === body.length &&
      (!block.more || fills(block.szx, message.payload.length));
    const limit = fits ? this.#bodies.append(body, message.payload, now) : undefined;
    if (limit !== undefined) {
      const detail = `an answer of more than ${body.length} bytes`;
      this.#push({ kind: 'refused', peer: transfer.peer, reason: limit, detail });
    }
    if (!fits || limit !== undefined) this.#giveUp(transfer, now);
    else if (block.more) this.#fetch(transfer, body.length / blockBytes(block.szx), block.szx, now);
    else this.#complete(transfer, message, body);
  }

  #complete(transfer: Transfer, message: CoapMessage, body: Body): void {
    this.#finish(transfer, { kind: 'response', message: whole(message, joined(body)) });
  }

  /** Asks for a part; an observation is not asked for again (RFC 7959 §3.4). */
  #fetch(transfer: Transfer, num: number, szx: number, now: number): void {
    const { token: _, observe: __, ...spec } = transfer.spec;
    const tag = transfer.tag === undefined ? [] : [transfer.tag];
    const options = [...(spec.options ?? []), block2Option({ num, more: false, szx }), ...tag];
    const inParts = (spec.payload?.length ?? 0) > blockBytes(szx);
    this.#exchange(transfer, { ...spec, options, ...(inParts ? { payload: EMPTY } : {}) }, now);
  }

  #exchange(transfer: Transfer, spec: RequestSpec, now: number): void {
    const id = this.#core.request(transfer.peer, spec, now);
    transfer.current = id;
    transfer.sent = spec;
    this.#byExchange.set(id, transfer);
    if (transfer.purpose.kind === 'request') this.#renamed.set(transfer.purpose.id, transfer);
  }

  /** Ends a transfer whose answer can't be had whole, with the beginning of it. */
  #giveUp(transfer: Transfer, now: number): void {
    const { peer, current, download } = transfer;
    const first = download?.first;
    if (first !== undefined) this.#cut(transfer, first);
    if (current !== undefined) this.#core.cancel(peer, current, now);
  }

  #cut(transfer: Transfer, message: CoapMessage): void {
    this.#finish(transfer, { kind: 'response', message, truncated: true });
  }

  /** Tells the one outcome of a transfer. */
  #finish(transfer: Transfer, ended: Ended): void {
    const { peer, purpose, transmitted, download } = transfer;
    transfer.over = true;
    if (download !== undefined) this.#bodies.delete(download.body);
    const first = download?.first ?? (ended.kind === 'response' ? ended.message : undefined);
    const key = first && observationKey(peer, first.token);
    const observing = key !== undefined && this.#observed.get(key) === transfer && purpose.kind === 'request';
    if (key !== undefined && this.#observed.get(key) === transfer) this.#observed.delete(key);
    if (purpose.kind === 'request') {
      this.#renamed.delete(purpose.id);
      const outcome: RequestOutcome =
        ended.kind === 'response'
          ? {
              kind: 'response',
              message: inNameOf(ended.message, first),
              observing,
              truncated: ended.truncated ?? false,
            }
          : ended;
      this.#push({ kind: 'outcome', request: purpose.id, peer, transmitted, outcome });
    } else if (ended.kind === 'response') {
      const { effect } = purpose;
      const lost = ended.truncated === true;
      this.#push({ ...effect, message: inNameOf(ended.message, first), truncated: lost, ...(lost && { lost }) });
    }
  }

  #nextTag(): CoapOption {
    this.#bodiesBegun++;
    return option(Option.RequestTag, Uint8Array.of(this.#bodiesBegun >>> 8, this.#bodiesBegun));
  }
}

/** How a transfer ended, before it is told. */
type Ended =
  | { readonly kind: 'response'; readonly message: CoapMessage; readonly truncated?: boolean }
  | Exclude<RequestOutcome, { kind: 'response' }>;

function newTransfer(
  peer: PeerKey,
  purpose: Purpose,
  spec: RequestSpec,
  { current, sent, upload }: Pick<Transfer, 'current' | 'sent'> & { readonly upload?: Upload | undefined },
): Transfer {
  const unchanged = { transmitted: false, echoed: false, download: undefined, restarts: 0, over: false };
  return { peer, purpose, spec, current, sent, upload, tag: upload?.tag, ...unchanged };
}

/** The whole answer has type, id and token of its first part: by that token an observation is known. */
function inNameOf(message: CoapMessage, first: CoapMessage | undefined): CoapMessage {
  if (first === undefined || first === message) return message;
  const { type, messageId, token } = first;
  return { ...message, type, messageId, token };
}

/** Whether the answer can be had whole once the peer is awake again, so that its beginning alone is none. */
function isPaused({ purpose }: Transfer, outcome: RequestOutcome): boolean {
  return purpose.kind === 'request' && outcome.kind === 'timeout' && outcome.asleep === true;
}

function etagOf(message: CoapMessage): Uint8Array {
  return optionValue(message, Option.ETag) ?? EMPTY;
}

function observationKey(peer: PeerKey, token: Uint8Array): string {
  return `${peer}\n${tokenKey(token)}`;
}
