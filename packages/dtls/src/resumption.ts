/** What a session leaves behind for one that resumes it (RFC 5246 §7.4.1.2, RFC 5077, RFC 7627 §5.3). */
import type { IdentityLabel } from './identity.ts';

/** What resumes a session at the client. Holds its master secret. */
export interface ResumptionState {
  readonly sessionId: Uint8Array;
  /** What the server gave to be shown to it; nothing if it remembers by the session id. */
  readonly ticket?: Uint8Array;
  readonly suite: number;
  readonly masterSecret: Uint8Array;
  readonly identity: IdentityLabel;
  readonly credential: string;
  /** When it is not worth offering any more, in ms of the caller's clock. */
  readonly expiresAt: number;
}
