import type { CoapMessage } from '../message.ts';
import type { RecentMessages } from './bindings.ts';
import type { Keys } from './keys.ts';
import type { OscoreFault } from './refusal.ts';

/** What both roles of an association share. */
export interface Port {
  readonly keys: Keys;
  readonly recent: RecentMessages;
  readonly random: (n: number) => Uint8Array;
  /** Sends bytes as they are. */
  readonly emit: (datagram: Uint8Array) => void;
  /** Hands a plain message to the CoAP layer. */
  readonly deliver: (message: CoapMessage, newest: boolean) => void;
  readonly refuse: (fault: OscoreFault, detail: string) => void;
  /** Forgets all that hung on the keys of before. */
  readonly forget: () => void;
  /** Stores new keys as the ones in use, before anything more happens under them. */
  readonly settle: () => void;
}

/** Bytes to send; or nothing yet, because a number has to be reserved; or nothing at all. */
export type Protected = Uint8Array | 'later' | 'never';
