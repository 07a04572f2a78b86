import { encodeMessage } from '../codec.ts';
import { type CoapMessage, observeValue, optionValue } from '../message.ts';
import { Option, option } from '../options.ts';
import type { RequestBinding, SecurityContext } from './context.ts';
import { decodeInner, encodeInner, type InnerMessage, outerCode, splitMessage } from './inner-message.ts';
import { decodeOscoreValue, encodeOscoreValue, type OscoreValue } from './option-value.ts';

/** How a message is bound, numbered and labelled. */
interface Seal {
  /** The request that it is, or answers. */
  readonly binding: RequestBinding;
  readonly nonceOf: RequestBinding;
  readonly value: OscoreValue;
}

/**
 * Protects a message (RFC 8613 §8.1 and §8.3); Observe in it says that its outer code is one of observing.
 *
 * @param under the context that the nonce was made in, if it was another one
 */
export function protect(
  message: CoapMessage,
  context: SecurityContext,
  { binding, nonceOf, value }: Seal,
  under = context,
): Uint8Array {
  const { inner, outerOptions } = splitMessage(message);
  const payload = context.seal(encodeInner(inner), binding, nonceOf, under);
  return encodeMessage({
    ...message,
    code: outerCode(message, observeValue(message) !== undefined),
    options: [...outerOptions, option(Option.Oscore, encodeOscoreValue(value))],
    payload,
  });
}

/**
 * Decrypts what a message carries; undefined if it is not of this context and request.
 *
 * @param under the context that the nonce was made in, if it was another one
 */
export function unprotect(
  message: CoapMessage,
  context: SecurityContext,
  { binding, nonceOf }: Omit<Seal, 'value'>,
  under = context,
): InnerMessage | undefined {
  const plaintext = context.open(message.payload, binding, nonceOf, under);
  return plaintext && decodeInner(plaintext, message);
}

/** The OSCORE option of a message; undefined if there is none, or a malformed one. */
export function oscoreValueOf(message: CoapMessage): OscoreValue | undefined {
  const value = optionValue(message, Option.Oscore);
  return value && decodeOscoreValue(value);
}

/** Whether a message is protected, however badly. */
export const isProtected = ({ options }: CoapMessage): boolean =>
  options.some(({ number }) => number === Option.Oscore.number);
