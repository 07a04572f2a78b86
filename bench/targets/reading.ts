import type { Link, LinkDown, LinkUp, OpenLink, RequestRef, SessionId } from '../../packages/server/src/link/port.ts';
import { Ring } from '../load/ring.ts';

/** What is read, once so many devices have registered, and how many requests are under way. */
export interface Reading {
  readonly path: string;
  readonly devices: number;
  readonly outstanding: number;
}

/**
 * A link that reads devices again and again, one after the other, as far as its port: encoding, exchanges and decoding,
 * without a command queue above it. Its requests have negative numbers; all else passes.
 */
export function readingLink(open: OpenLink, { path, devices, outstanding }: Reading): OpenLink {
  return async (config, deliver) => {
    const operation = { kind: 'read', path } as const;
    const waiting = new Ring<SessionId>(devices);
    const asked = new Map<RequestRef, SessionId>();
    let last = 0;
    let bound = 0;
    const next = (count: number): LinkDown[] => {
      const requests: LinkDown[] = [];
      while (requests.length < count) {
        const sessionId = waiting.shift();
        if (sessionId === undefined) break;
        last -= 1;
        const request = last as RequestRef;
        asked.set(request, sessionId);
        requests.push({ kind: 'perform', request, sessionId, operation });
      }
      return requests;
    };
    const isOther = (message: LinkUp): boolean => {
      const sessionId = message.kind === 'outcome' ? asked.get(message.request) : undefined;
      if (message.kind !== 'outcome' || sessionId === undefined) return true;
      asked.delete(message.request);
      waiting.push(sessionId);
      return false;
    };
    const link: Link = await open(config, (messages) => {
      const others = messages.filter(isOther);
      const answered = messages.length - others.length;
      if (others.length > 0) deliver(others);
      if (answered > 0) link.post(next(answered));
    });
    return {
      ...link,
      post: (messages) => {
        link.post(messages);
        for (const message of messages) {
          if (message.kind !== 'bind') continue;
          waiting.push(message.sessionId);
          bound += 1;
          if (bound === devices) link.post(next(outstanding));
        }
      },
    };
  };
}
