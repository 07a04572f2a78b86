import {
  type CoapMessage,
  Code,
  codeKind,
  decodeMessage,
  encodeMessage,
  MessageType,
  Option,
  option,
} from '@reeve/coap';
import { type PeerAddress, showAddress } from './address.ts';
import type { Session } from './sessions.ts';

/** Where a message came from, and what answers it goes: an address, or the session of a connection. */
export type Way =
  | { readonly kind: 'address'; readonly address: PeerAddress }
  | { readonly kind: 'connection'; readonly session: Session };

/** Names a way; no two have the same name. */
export const keyOf = (way: Way): string => {
  if (way.kind === 'connection') return way.session.info.sessionId;
  const { ingress, host, port } = way.address;
  return `${ingress}|${port}|${host}`;
};

/** What a session shows of a way. */
export const placeOf = (way: Way): { address: string; ingress: number } =>
  way.kind === 'connection'
    ? { address: way.session.info.address, ingress: way.session.info.ingress }
    : { address: showAddress(way.address), ingress: way.address.ingress };

const EMPTY = new Uint8Array(0);
const TOKEN_BYTES = 8;
const limits = {
  /** Requests from elsewhere whose answers have to go there. */
  strays: 4,
  /** Probes to one address whose answer counts. */
  probes: 4,
} as const;

/** Every device has its supported bindings (/3/0/16); one that has none says so, and that is as good. */
const PROBED = ['3', '0', '16'].map((segment) => option(Option.UriPath, segment));

interface Candidate {
  readonly way: Way;
  readonly tokens: string[];
}

/**
 * Where one device is reached. Anybody on the way can forward a good message from an address that is not the device's, so
 * a new one counts only once the device has answered from there something that was asked there. Until then, each request
 * from there gets its answer and one small question, and everything else goes where the device was before.
 */
export class Whereabouts {
  readonly #random: (length: number) => Uint8Array;
  #proved: Way | undefined;
  #candidate: Candidate | undefined;
  /** Requests that came from elsewhere. */
  readonly #strays: { readonly token: string; readonly messageId: number; readonly way: Way }[] = [];

  constructor(random: (length: number) => Uint8Array) {
    this.#random = random;
  }

  /** Where the device has shown to receive. */
  get proved(): Way | undefined {
    return this.#proved;
  }

  /** Where it may be. */
  get candidate(): Way | undefined {
    return this.#candidate?.way;
  }

  isProved(way: Way): boolean {
    return this.#proved !== undefined && keyOf(this.#proved) === keyOf(way);
  }

  /** The device receives there; whatever was thought before is over. */
  settle(way: Way): void {
    this.#proved = way;
    this.#candidate = undefined;
    this.#strays.length = 0;
  }

  /** A request came from a way that is not proved; its answer goes there. */
  stray({ token, messageId }: CoapMessage, way: Way): void {
    this.#strays.push({ token: hexOf(token), messageId, way });
    if (this.#strays.length > limits.strays) this.#strays.shift();
  }

  /** The newest message came from a way that is not proved. @returns what to ask there, as a plain datagram */
  probe(way: Way): Uint8Array {
    const known = this.#candidate && keyOf(this.#candidate.way) === keyOf(way) ? this.#candidate : undefined;
    const candidate = known ?? { way, tokens: [] };
    this.#candidate = candidate;
    const token = Uint8Array.from(this.#random(TOKEN_BYTES));
    candidate.tokens.push(hexOf(token));
    if (candidate.tokens.length > limits.probes) candidate.tokens.shift();
    const [high = 0, low = 0] = this.#random(2);
    const messageId = (high << 8) | low;
    const type = MessageType.NonConfirmable;
    return encodeMessage({ type, code: Code.Get, messageId, token, options: PROBED, payload: EMPTY });
  }

  /** Whether a verified response answers a probe, from where it was sent to. */
  answersProbe({ token }: CoapMessage, way: Way): boolean {
    const { candidate } = this;
    if (!candidate || keyOf(candidate) !== keyOf(way)) return false;
    return this.#candidate?.tokens.includes(hexOf(token)) ?? false;
  }

  /** Where a plain datagram goes; undefined as long as there is nowhere. */
  wayOf(plain: Uint8Array): Way | undefined {
    if (this.#strays.length === 0) return this.#proved;
    const decoded = decodeMessage(plain);
    if (!decoded.ok) return this.#proved;
    const { code, token, messageId } = decoded.message;
    const kind = codeKind(code);
    const stray = this.#strays.findLast((each) =>
      kind === 'empty' ? each.messageId === messageId : kind === 'response' && each.token === hexOf(token),
    );
    return stray?.way ?? this.#proved;
  }
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
