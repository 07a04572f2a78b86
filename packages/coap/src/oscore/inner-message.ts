import { decodeMessage, encodeMessage } from '../codec.ts';
import { Code, codeKind } from '../codes.ts';
import type { CoapMessage } from '../message.ts';
import { type CoapOption, Option } from '../options.ts';

/** Options that proxies need and that stay outside (class U, RFC 8613 §4.1). */
const OUTER: ReadonlySet<number> = new Set([
  Option.UriHost.number,
  Option.UriPort.number,
  Option.HopLimit.number,
  Option.ProxyUri.number,
  Option.ProxyScheme.number,
]);

const EMPTY = new Uint8Array(0);
/** Bytes of a header in front of the options, if there is no token. */
const HEADER_BYTES = 4;
const VERSION_1 = 0x40;

/** What of a message is encrypted. */
export type InnerMessage = Pick<CoapMessage, 'code' | 'options' | 'payload'>;

/** A message in the two parts that it is sent in. */
interface SplitMessage {
  readonly inner: InnerMessage;
  /** What everybody may read; without the OSCORE option. */
  readonly outerOptions: readonly CoapOption[];
}

/** Takes a message apart (RFC 8613 §5.3). Observe is on both sides; in a response the inner one is empty (§4.1.3.5). */
export function splitMessage({ code, options, payload }: InnerMessage): SplitMessage {
  const outerOptions: CoapOption[] = [];
  const innerOptions: CoapOption[] = [];
  const isResponse = codeKind(code) === 'response';
  for (const each of options) {
    if (each.number === Option.Observe.number) {
      outerOptions.push(each);
      innerOptions.push(isResponse ? { number: each.number, value: EMPTY } : each);
    } else {
      (OUTER.has(each.number) ? outerOptions : innerOptions).push(each);
    }
  }
  return { inner: { code, options: innerOptions, payload }, outerOptions };
}

/**
 * Puts a message together from what was decrypted and what it came in: type, message id, token and class U options are
 * the outer ones, the others that stand outside count for nothing (RFC 8613 §8.2).
 *
 * @param observe what Observe becomes; left out, a message without the option
 */
export function joinMessage(inner: InnerMessage, outer: CoapMessage, observe?: CoapOption): CoapMessage {
  const options = [
    ...inner.options.filter(({ number }) => number !== Option.Observe.number),
    ...outer.options.filter(({ number }) => OUTER.has(number)),
    ...(observe ? [observe] : []),
  ];
  const { type, messageId, token } = outer;
  return { type, code: inner.code, messageId, token, options, payload: inner.payload };
}

/** What is encrypted: code, options, and the payload behind its marker (RFC 8613 §5.3). */
export function encodeInner({ code, options, payload }: InnerMessage): Uint8Array {
  const encoded = encodeMessage({ type: 0, code, messageId: 0, token: EMPTY, options, payload });
  const plaintext = encoded.subarray(HEADER_BYTES - 1);
  plaintext[0] = code;
  return plaintext;
}

/** Reads what was decrypted; undefined if it is no request, or no response, as the outer code says it is. */
export function decodeInner(plaintext: Uint8Array, outer: CoapMessage): InnerMessage | undefined {
  const bytes = new Uint8Array(HEADER_BYTES - 1 + plaintext.length);
  bytes.set(plaintext, HEADER_BYTES - 1);
  bytes.set([VERSION_1, plaintext[0] ?? 0, 0, 0]);
  const decoded = decodeMessage(bytes);
  return decoded.ok && codeKind(decoded.message.code) === codeKind(outer.code) ? decoded.message : undefined;
}

/** The outer code: it tells only whether something is observed (RFC 8613 §4.2). */
export function outerCode({ code }: InnerMessage, observing: boolean): number {
  if (codeKind(code) === 'request') return observing ? Code.Fetch : Code.Post;
  return observing ? Code.Content : Code.Changed;
}
