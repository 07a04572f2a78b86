import { encodeMessage } from '../codec.ts';
import { code } from '../codes.ts';
import { type CoapMessage, MessageType, optionUint, optionValue } from '../message.ts';
import { type CoapOption, decodeString, defineOption, isCritical, type OptionDefinition, option } from '../options.ts';

/** The codes of signalling messages (RFC 8323 §5). */
export const Signal = {
  Csm: code(7, 1),
  Ping: code(7, 2),
  Pong: code(7, 3),
  Release: code(7, 4),
  Abort: code(7, 5),
} as const;
type Signal = (typeof Signal)[keyof typeof Signal];

/** Options of signalling messages: their numbers mean something else in each (RFC 8323 §5.3–§5.6). */
const CsmOption = {
  MaxMessageSize: defineOption(2, 'uint', [0, 4]),
  BlockWiseTransfer: defineOption(4, 'empty', [0, 0]),
} as const;
const Custody = defineOption(2, 'empty', [0, 0]);
const ReleaseOption = {
  AlternativeAddress: defineOption(2, 'string', [1, 255]),
  HoldOff: defineOption(4, 'uint', [0, 3]),
} as const;
const BadCsmOption = defineOption(2, 'uint', [0, 2]);

/** Number of the option that says how long a message may be. */
export const MAX_MESSAGE_SIZE = CsmOption.MaxMessageSize.number;

/** Longest message that a peer takes which has not said more, in bytes (RFC 8323 §5.3.1). */
export const BASE_MESSAGE_BYTES = 1152;

const EMPTY: Uint8Array = new Uint8Array(0);

/** What a capabilities and settings message says; what it leaves out stays as it was. */
interface Settings {
  readonly maxMessageBytes?: number;
  readonly blockwise?: true;
}

/** A signalling message as a datagram, for `frameOf`. */
function signal(signalCode: Signal, options: readonly CoapOption[] = [], token = EMPTY, payload = EMPTY): Uint8Array {
  const { NonConfirmable: type } = MessageType;
  return encodeMessage({ type, code: signalCode, messageId: 0, token, options, payload });
}

/** Our capabilities and settings: how long a message may be, and that longer bodies may come in parts. */
export function csm(maxMessageBytes: number): Uint8Array {
  return signal(Signal.Csm, [
    option(CsmOption.MaxMessageSize, maxMessageBytes),
    option(CsmOption.BlockWiseTransfer, undefined),
  ]);
}

export function readCsm(message: CoapMessage): Settings {
  const maxMessageBytes = optionUint(message, CsmOption.MaxMessageSize);
  const blockwise = optionValue(message, CsmOption.BlockWiseTransfer) !== undefined;
  return { ...(maxMessageBytes === undefined ? {} : { maxMessageBytes }), ...(blockwise && { blockwise }) };
}

/** Asks whether the peer is there; its pong has the same token. */
export const ping = (token: Uint8Array): Uint8Array => signal(Signal.Ping, [], token);

/** Answers a ping. @param custody whether all that came before the ping is dealt with */
export function pong(token: Uint8Array, custody: boolean): Uint8Array {
  return signal(Signal.Pong, custody ? [option(Custody, undefined)] : [], token);
}

/** Whether a ping wants its pong only after all that came before it is dealt with. */
export const wantsCustody = (message: CoapMessage): boolean => optionValue(message, Custody) !== undefined;

/** What a peer that takes its leave says of coming back (RFC 8323 §5.5). */
export interface Leave {
  /** How long not to connect again, in seconds. */
  readonly holdOff?: number;
  /** Host and port to connect to instead; the first, if several are named. */
  readonly alternative?: string;
}

/** Says that the connection will be closed, and no new request is welcome. */
export function release({ holdOff, alternative }: Leave = {}): Uint8Array {
  return signal(Signal.Release, [
    ...(alternative === undefined ? [] : [option(ReleaseOption.AlternativeAddress, alternative)]),
    ...(holdOff === undefined ? [] : [option(ReleaseOption.HoldOff, holdOff)]),
  ]);
}

export function readRelease(message: CoapMessage): Leave {
  const holdOff = optionUint(message, ReleaseOption.HoldOff);
  const address = optionValue(message, ReleaseOption.AlternativeAddress);
  return {
    ...(holdOff === undefined ? {} : { holdOff }),
    ...(address === undefined ? {} : { alternative: decodeString(address) }),
  };
}

/** Says why the connection is closed at once. @param badCsmOption number of the critical option that is to blame */
export function abort(reason: string, badCsmOption?: number): Uint8Array {
  const options = badCsmOption === undefined ? [] : [option(BadCsmOption, badCsmOption)];
  return signal(Signal.Abort, options, EMPTY, new TextEncoder().encode(reason));
}

const UNDERSTOOD: Readonly<Record<number, readonly OptionDefinition[]>> = {
  [Signal.Csm]: Object.values(CsmOption),
  [Signal.Ping]: [Custody],
  [Signal.Pong]: [Custody],
  [Signal.Release]: Object.values(ReleaseOption),
  [Signal.Abort]: [BadCsmOption],
};

/** The first critical option of a signalling message that is not known there (RFC 8323 §5.2). */
export function badOption({ code: signalCode, options }: CoapMessage): number | undefined {
  const known = UNDERSTOOD[signalCode] ?? [];
  return options.find(({ number }) => isCritical(number) && !known.some((each) => each.number === number))?.number;
}
