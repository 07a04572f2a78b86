import { encodeMessage } from '../codec.ts';
import { Code } from '../codes.ts';
import { type CoapMessage, MessageType } from '../message.ts';
import { Option, option } from '../options.ts';

/** Why a message is not what OSCORE makes it. */
export type OscoreFault =
  /** The option is malformed, or lacks what a request has to say; or the message is a part of one. */
  | 'undecodable'
  /** Nobody here has these ids. */
  | 'no-context'
  /** Its number was used already, or is too far below the highest. */
  | 'replay'
  /** It was not sealed with our keys, or not for this request. */
  | 'not-decrypted'
  /** A response without protection, to a request that had it. */
  | 'unprotected'
  /** It belongs to a request that is not, or not any more, remembered. */
  | 'unknown-request'
  /** There is no number left to send with. */
  | 'exhausted';

/** What the sender of a request is told, in clear: nothing but this (RFC 8613 §8.2). */
const ANSWERS: Partial<Record<OscoreFault, { readonly code: number; readonly text: string }>> = {
  undecodable: { code: Code.BadOption, text: 'Failed to decode COSE' },
  'no-context': { code: Code.Unauthorized, text: 'Security context not found' },
  replay: { code: Code.Unauthorized, text: 'Replay detected' },
  'not-decrypted': { code: Code.BadRequest, text: 'Decryption failed' },
};

const NEVER_CACHED = option(Option.MaxAge, 0);

/**
 * The unprotected answer to a request that is refused; none for a fault that nobody is told of. To a non-confirmable one
 * it has its message id, which is another number space there, and which means nothing over a connection.
 */
export function unprotectedError(request: CoapMessage, fault: OscoreFault): Uint8Array | undefined {
  const answer = ANSWERS[fault];
  if (!answer) return undefined;
  const { messageId, token } = request;
  const payload = new TextEncoder().encode(answer.text);
  const confirmable = request.type === MessageType.Confirmable;
  const type = confirmable ? MessageType.Acknowledgement : MessageType.NonConfirmable;
  return encodeMessage({ type, code: answer.code, messageId, token, options: [NEVER_CACHED], payload });
}
