import type { DeviceId } from '../ids.ts';
import type { BootstrapLinkOperation } from '../link/bootstrap-port.ts';
import type { RequestOutcome, SessionInfo } from '../link/port.ts';
import { call, openTestCore, rest, sessionOf, type TestCore } from '../test-core.ts';

/** Index of the bootstrap socket; the others are of management. */
export const BOOTSTRAP_INGRESS = 1;
export const trusting = {
  purposeOf: (ingress: number) => (ingress === BOOTSTRAP_INGRESS ? 'bootstrap' : 'management'),
} as const;

/** An answer of the device. */
export const answered = (
  code: number,
  body: Extract<RequestOutcome, { kind: 'answered' }>['body'] = { kind: 'empty' },
) => ({ kind: 'answered', code, body }) as const;
const SUCCESS = { discover: 0x45, read: 0x45, write: 0x44, delete: 0x42, finish: 0x44 } as const;

/** A device that takes everything, and says what it has. */
export const willing = (operation: BootstrapLinkOperation): RequestOutcome =>
  operation.kind === 'discover'
    ? answered(0x45, {
        kind: 'nodes',
        nodes: [
          { path: '/', attributes: { lwm2m: '1.1' } },
          { path: '/0/0', attributes: { ssid: '1' } },
          { path: '/0/1', attributes: {} },
          { path: '/3/0', attributes: {} },
        ],
      })
    : answered(SUCCESS[operation.kind]);

/** A server with a device that has a key for the bootstrap server, and is willing. */
export async function coreWithDevice(options: Parameters<typeof openTestCore>[0] = {}) {
  const core = await openTestCore({ trusting, ...options });
  const added = await core.handlers['devices.add'](
    call({ body: { endpoint: 'truck-1', credential: { kind: 'psk', purpose: 'bootstrap' } as const } }),
  );
  core.script.bootstrap = willing;
  return { core, deviceId: added.device.deviceId as DeviceId, added };
}

/** A session on the bootstrap socket, admitted as the device's bootstrap credential says. */
export function bootstrapSession(core: TestCore, deviceId: DeviceId): SessionInfo {
  const row = core.credentials.of(deviceId).find(({ purpose }) => purpose === 'bootstrap');
  return sessionOf('truck-1', { ingress: BOOTSTRAP_INGRESS, ...(row ? { credential: row.credentialId } : {}) });
}

/** A Bootstrap-Request, and the code that answers it. */
export async function ask(
  core: TestCore,
  session: SessionInfo,
  more: { endpoint?: string; preferredFormat?: number } = {},
) {
  const exchange = core.exchange();
  await core.deliver({
    kind: 'bootstrap-request',
    at: core.time.now,
    session,
    exchange,
    endpoint: 'truck-1',
    ...more,
  });
  await rest();
  return core.answerTo(exchange)?.code;
}

/** The newest session on record. */
export const newest = async (core: TestCore) => {
  const { items } = await core.handlers['bootstrap.list'](call({ query: {} }));
  const [session] = items;
  if (!session) throw new Error('no session');
  return session;
};
/** A request in two words. */
export const short = (operation: BootstrapLinkOperation) =>
  operation.kind === 'finish' ? 'finish' : `${operation.kind} ${operation.path}`;
/** What was written to an instance, by resource, each time. */
export const written = (core: TestCore, path: string) =>
  core.bootstrapped.flatMap((operation) =>
    operation.kind === 'write' && operation.path === path
      ? [
          Object.fromEntries(
            operation.records.map((record) => [record.path.slice(path.length + 1), record.stored.value]),
          ),
        ]
      : [],
  );
/** The text of a value of bytes. */
export const text = (value: unknown) => Buffer.from(String(value), 'base64').toString();
