import type { Device } from '../registry/fleet.ts';
import type { BootstrapLinkOperation } from './bootstrap-port.ts';
import type { LinkDown, LinkOperation, RequestOutcome, RequestRef, SessionId } from './port.ts';

/** Requests to devices that wait for their outcome: one promise each, resolved by the link's `outcome` message. */
export class Requests {
  readonly #waiting = new Map<RequestRef, (outcome: RequestOutcome) => void>();
  readonly #send: (message: LinkDown) => void;
  #last = 0;

  constructor(send: (message: LinkDown) => void) {
    this.#send = send;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Sends an operation through the device's session. Resolves in every case; never rejects. */
  perform(device: Device, operation: LinkOperation): Promise<RequestOutcome> {
    const { session } = device;
    if (!session) return Promise.resolve({ kind: 'not-sent', reason: 'the device has no live session' });
    return this.#ask((request) => ({ kind: 'perform', request, sessionId: session.sessionId, operation }));
  }

  /** Sends an operation over a session on the bootstrap interface. Resolves in every case; never rejects. */
  bootstrap(sessionId: SessionId, operation: BootstrapLinkOperation): Promise<RequestOutcome> {
    return this.#ask((request) => ({ kind: 'bootstrap', request, sessionId, operation }));
  }

  #ask(message: (request: RequestRef) => LinkDown): Promise<RequestOutcome> {
    this.#last += 1;
    const request = this.#last as RequestRef;
    return new Promise((resolve) => {
      this.#waiting.set(request, resolve);
      this.#send(message(request));
    });
  }

  settle(request: RequestRef, outcome: RequestOutcome): void {
    const resolve = this.#waiting.get(request);
    this.#waiting.delete(request);
    resolve?.(outcome);
  }
}
