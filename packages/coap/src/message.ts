import {
  type BlockValue,
  type CoapOption,
  decodeBlock,
  decodeString,
  decodeUint,
  isCritical,
  Option,
  type OptionDefinition,
  optionDefinition,
} from './options.ts';

/** The four message types (RFC 7252 §3), numbered as on the wire. */
export const MessageType = { Confirmable: 0, NonConfirmable: 1, Acknowledgement: 2, Reset: 3 } as const;
export type MessageType = (typeof MessageType)[keyof typeof MessageType];

/** A CoAP message (RFC 7252 §3). In a decoded one token, payload and most option values are views of the datagram. */
export interface CoapMessage {
  readonly type: MessageType;
  /** The code as a number: `Code.Content`, `code(2, 5)`. */
  readonly code: number;
  /** 0–65535. */
  readonly messageId: number;
  /** 0–8 bytes. */
  readonly token: Uint8Array;
  /** In ascending order of number when decoded; any order is accepted when encoding. */
  readonly options: readonly CoapOption[];
  readonly payload: Uint8Array;
}

/** The part of a message that the option accessors need. */
type WithOptions = Pick<CoapMessage, 'options'>;

/** The value of the first option of a kind, unless its length is illegal, which is as if it were not there. */
export function optionValue(message: WithOptions, definition: OptionDefinition): Uint8Array | undefined {
  const { options } = message;
  for (let i = 0; i < options.length; i++) {
    const found = options[i];
    if (found === undefined || found.number !== definition.number) continue;
    const { length } = found.value;
    return length < definition.minLength || length > definition.maxLength ? undefined : found.value;
  }
  return undefined;
}

/** The number in an unsigned option. */
export function optionUint(message: WithOptions, definition: OptionDefinition): number | undefined {
  const value = optionValue(message, definition);
  return value === undefined ? undefined : decodeUint(value);
}

/** The texts of a repeatable string option, in order. */
function optionStrings(message: WithOptions, definition: OptionDefinition): string[] {
  const { options } = message;
  let count = 0;
  for (let i = 0; i < options.length; i++) if (isText(options[i], definition)) count++;
  // Made for each request, and of one that grows most would be room to spare.
  const texts = new Array<string>(count);
  for (let i = options.length - 1; i >= 0; i--) {
    const found = options[i];
    if (isText(found, definition)) texts[--count] = decodeString(found.value);
  }
  return texts;
}

function isText(found: CoapOption | undefined, definition: OptionDefinition): found is CoapOption {
  return found?.number === definition.number && found.value.length <= definition.maxLength;
}

/** The segments of the request's path: `/rd/x1` is `['rd', 'x1']`. */
export const uriPath = (message: WithOptions): string[] => optionStrings(message, Option.UriPath);
/** The arguments of the request's query, each `name=value` or `name`. */
export const uriQuery = (message: WithOptions): string[] => optionStrings(message, Option.UriQuery);
/** The segments of the location that a 2.01 names. */
export const locationPath = (message: WithOptions): string[] => optionStrings(message, Option.LocationPath);
/** The payload's content format. */
export const contentFormat = (message: WithOptions): number | undefined => optionUint(message, Option.ContentFormat);
/** The content format that the client asks for. */
export const accept = (message: WithOptions): number | undefined => optionUint(message, Option.Accept);
/** The Observe value: 0 or 1 in a request, the sequence number in a notification (RFC 7641 §2). */
export const observeValue = (message: WithOptions): number | undefined => optionUint(message, Option.Observe);
/** The Block1 option: which part of a request's body this is. */
export const block1 = (message: WithOptions): BlockValue | undefined => blockValue(message, Option.Block1);
/** The Block2 option: which part of a response's body this is, or which is asked for. */
export const block2 = (message: WithOptions): BlockValue | undefined => blockValue(message, Option.Block2);

function blockValue(message: WithOptions, definition: OptionDefinition): BlockValue | undefined {
  const value = optionUint(message, definition);
  return value === undefined ? undefined : decodeBlock(value);
}

/**
 * The first critical option that must not be ignored and that this implementation cannot serve: one that it does not
 * know, with a length that is not legal, or that stands there once too often (RFC 7252 §5.4.1, §5.4.3, §5.4.5).
 *
 * @param options in ascending order of number, as decoded
 */
export function unservableOption({ options }: WithOptions): CoapOption | undefined {
  let previous = -1;
  for (let i = 0; i < options.length; i++) {
    const found = options[i];
    if (found === undefined) break;
    const { number, value } = found;
    if (isCritical(number)) {
      const known = optionDefinition(number);
      if (known === undefined || !known.understood) return found;
      if (value.length < known.minLength || value.length > known.maxLength) return found;
      if (number === previous && !known.repeatable) return found;
    }
    previous = number;
  }
  return undefined;
}
