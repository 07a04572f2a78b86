import type { CoapMessage } from '../message.ts';
import type { RecentMessages } from './bindings.ts';
import type { Keys } from './keys.ts';
import type { OscoreFault } from './refusal.ts';

/** What a message of the peer says beside its content. */
export interface Standing {
  /** Nothing newer came before, and it was decrypted: where it came from the peer was just now. */
  readonly newest: boolean;
  /** It brought back what was sent to where it came from: the peer receives there. */
  readonly proved: boolean;
}

/** What both roles of an association share. */
export interface Port {
  readonly keys: Keys;
  readonly recent: RecentMessages;
  readonly random: (n: number) => Uint8Array;
  /** Sends bytes as they are. */
  readonly emit: (datagram: Uint8Array) => void;
  /** Hands a plain message to the CoAP layer. */
  readonly deliver: (message: CoapMessage, standing: Standing) => void;
  readonly refuse: (fault: OscoreFault, detail: string) => void;
  /** Forgets all that hung on the keys of before. */
  readonly forget: () => void;
  /** Stores new keys as the ones in use, before anything more happens under them. */
  readonly settle: () => void;
}

/** Bytes to send; or nothing yet, because a number has to be reserved; or nothing at all. */
export type Protected = Uint8Array | 'later' | 'never';
