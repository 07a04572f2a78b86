import { Code } from '@reeve/coap';
import type { Artifacts } from '../artifacts/artifacts.ts';
import type { LinkDown, LinkUp } from '../link/port.ts';
import type { Credentials } from '../registry/credentials.ts';
import type { Fleet } from '../registry/fleet.ts';
import type { Updates } from './updates.ts';

interface Options {
  readonly fleet: Fleet;
  /** Who a session belongs to that is not yet that of a registration. */
  readonly credentials: Pick<Credentials, 'deviceOf'>;
  readonly artifacts: Artifacts;
  readonly updates: Updates;
  readonly send: (message: LinkDown) => void;
}

/** Answers a device that asks for a part of what it is updated with (RFC 7959 §2.4). */
export async function servePart(
  { exchange, session, token, num, szx, at }: Extract<LinkUp, { kind: 'fetch' }>,
  { fleet, credentials, artifacts, updates, send }: Options,
): Promise<void> {
  const owner = credentials.deviceOf(session);
  const device = fleet.bySession(session.sessionId) ?? (owner && fleet.get(owner));
  const found = device && updates.byToken(token, device.row.deviceId);
  const refuse = (code: number) => send({ kind: 'answer', exchange, code });
  if (!found) return refuse(Code.NotFound);
  device.lastHeard = at;
  const { artifact } = found;
  const length = 2 ** (szx + 4);
  try {
    const bytes = await artifacts.read(artifact, num * length, length);
    const etag = artifact.sha256.slice(0, 16);
    send({ kind: 'part', exchange, bytes, num, szx, size: artifact.bytes, etag });
    updates.served(token, num * length + bytes.length);
  } catch {
    refuse(Code.ServiceUnavailable);
  }
}
