import { Code, decodeMessage, encodeMessage, formatCode, frameOf, MessageType, readFrame } from '@reeve/coap';
import { describe, expect, it } from 'vitest';
import { streamLimits } from './stream-limits.ts';
import { CREDENTIAL, deviceId, LABEL, registerRequest, registrationId, TestOwner } from './test-owner.ts';

const FROM = { ingress: 3, host: '192.0.2.9', port: 40_001 };
const CSM = Buffer.from('00e1', 'hex');
const NOTHING = new Uint8Array(0);

/** A Register over a connection. */
function register(): Uint8Array {
  const { code, options = [], payload = NOTHING } = registerRequest();
  const token = Buffer.from('01', 'hex');
  return frameOf(encodeMessage({ type: MessageType.NonConfirmable, code, messageId: 0, token, options, payload }));
}

function opened(who?: { identity: string; credential: typeof CREDENTIAL }) {
  const proved = who && { ...who, suite: 'TLS_PSK_WITH_AES_128_CCM_8' };
  const test = new TestOwner();
  const arrival = { transport: proved ? 'coaps+tcp' : 'coap+tcp', ...FROM, ...(proved ? { proved } : {}) } as const;
  const sessionId = test.owner.connections.open(arrival, () => {}, test.now);
  if (!sessionId) throw new Error('no room');
  test.owner.connections.receive(sessionId, CSM, test.now);
  return { test, sessionId };
}

/** The device registers, and the registry ties its session to the registration. */
function registered() {
  const { test, sessionId } = opened({ identity: LABEL, credential: CREDENTIAL });
  test.owner.connections.receive(sessionId, register(), test.now);
  const { version, offer, exchange } = test.last('register');
  test.post({ kind: 'bind', sessionId, deviceId, registrationId, version, offer });
  test.post({ kind: 'answer', exchange, code: Code.Created, location: ['rd', registrationId] });
  return { test, sessionId };
}

describe('a connection', () => {
  it('is a session of whoever proved to be there, until it is closed', () => {
    const { test, sessionId } = opened({ identity: LABEL, credential: CREDENTIAL });
    expect(test.last('session-opened').session).toMatchObject({
      sessionId,
      transport: 'coaps+tcp',
      address: '192.0.2.9:40001',
      identity: LABEL,
    });
    test.post({ kind: 'census' });
    expect(test.last('census')).toMatchObject({
      established: [{ kind: 'psk', suite: 'TLS_PSK_WITH_AES_128_CCM_8', resumed: false, count: 1 }],
      sessions: { live: 1 },
    });
    test.owner.connections.receive(sessionId, register(), test.now);
    expect(test.last('register').session.sessionId).toBe(sessionId);
    test.owner.connections.close(sessionId, 'it was closed', test.now);
    expect(test.last('session-closed')).toMatchObject({ sessionId, reason: 'it was closed' });
    expect(test.owner.sizes()).toMatchObject({ sessions: 0 });
    test.owner.connections.receive(sessionId, register(), test.now);
    expect(test.of('register')).toHaveLength(1);
  });

  it('is closed when it is silent and belongs to no registration', () => {
    const { test } = opened();
    test.pass(streamLimits.idleMs - 1_000);
    expect(test.of('session-closed')).toEqual([]);
    test.pass(31_000);
    expect(test.of('session-closed')).toHaveLength(1);
  });

  it('lives as long as the registration that came over it', () => {
    const { test } = registered();
    test.pass(10 * streamLimits.idleMs);
    expect(test.of('session-closed')).toEqual([]);
    test.post({ kind: 'unbind', registrationId });
    test.pass(31_000);
    expect(test.of('session-closed')).toHaveLength(1);
  });

  it('is closed when it is silent and its device has come over another one since', () => {
    const { test, sessionId: left } = registered();
    test.pass(1_000);
    const { version, offer } = test.last('register');
    const proved = { identity: LABEL, credential: CREDENTIAL, suite: 'TLS_PSK_WITH_AES_128_CCM_8' };
    const arrival = { transport: 'coaps+tcp', ...FROM, port: 40_002, proved } as const;
    const sessionId = test.owner.connections.open(arrival, () => {}, test.now);
    if (!sessionId) throw new Error('no room');
    test.owner.connections.receive(sessionId, CSM, test.now);
    test.post({ kind: 'bind', sessionId, deviceId, registrationId, version, offer });
    test.pass(10 * streamLimits.idleMs);
    expect(test.of('session-closed').map((each) => each.sessionId)).toEqual([left]);
  });

  it('ends with the credential that admitted its peer, and no other', () => {
    const { test } = registered();
    test.post({ kind: 'close-identity', identity: 'psk:00' });
    expect(test.of('session-closed')).toEqual([]);
    test.post({ kind: 'close-identity', identity: LABEL });
    expect(test.of('session-closed')).toHaveLength(1);
  });

  it('that breaks the protocol is closed, and the operator is told', () => {
    const { test, sessionId } = opened();
    test.owner.connections.receive(sessionId, Buffer.from('09', 'hex'), test.now);
    expect(test.last('session-closed')).toMatchObject({ sessionId, reason: 'token length 9' });
    expect(test.last('refused')).toMatchObject({ check: 'malformed', address: '192.0.2.9:40001' });
  });

  it('shows what goes over it, a line for each message', () => {
    const { test, sessionId } = registered();
    test.post({ kind: 'trace', sessionId, on: true });
    const [ping, pong] = ['01e2aa', '11e3aa20'];
    test.owner.connections.receive(sessionId, Buffer.concat([Buffer.from(ping, 'hex'), register()]), test.now);
    const lines = test.of('trace').map(({ direction, text, bytes }) => [direction, bytes, text.slice(0, 30)]);
    expect(lines).toEqual([
      ['in', ping.length / 2, 'token=aa 7.02'],
      ['in', register().length, 'token=01 POST /rd?ep=truck-1&l'],
      ['out', pong.length / 2, 'token=aa 7.03'],
    ]);
  });

  it('with a request under way leaves its outcome unknown', () => {
    const { test, sessionId } = registered();
    test.post({ kind: 'perform', request: 1 as never, sessionId, operation: { kind: 'read', path: '/3/0/0' } });
    test.owner.connections.close(sessionId, 'gone', test.now);
    expect(test.last('outcome').outcome).toEqual({ kind: 'timeout' });
  });

  it('asks about certificates by numbers that are none of DTLS', () => {
    const { test } = opened();
    const verdicts: boolean[] = [];
    const presented = { kind: 'certificate', chain: [Uint8Array.of(1)] } as const;
    test.owner.connections.ask(presented, 3, ({ ok }) => verdicts.push(ok));
    const { lookup, ingress } = test.last('find-peer');
    expect([lookup < 0, ingress]).toEqual([true, 3]);
    test.post({ kind: 'peer', lookup, verdict: { ok: true, credential: CREDENTIAL } });
    test.post({ kind: 'peer', lookup, verdict: { ok: true, credential: CREDENTIAL } });
    expect(verdicts).toEqual([true]);
  });

  it('TC-2: tells thousands when to come back as the server stops, so that they do not all at once', () => {
    const test = new TestOwner();
    for (let port = 1; port <= 1000; port++) {
      test.owner.connections.open({ transport: 'coap+tcp', ...FROM, port }, () => {}, test.now);
    }
    test.written.length = 0;
    test.owner.connections.closeAll(test.now);
    const holdOffs = test.written.map((bytes) => {
      const frame = readFrame(bytes, bytes.length);
      const release = frame.kind === 'message' ? decodeMessage(frame.datagram) : undefined;
      if (!release?.ok) throw new Error('no message');
      expect(formatCode(release.message.code)).toBe('7.04');
      expect(release.message.options.map(({ number }) => number)).toEqual([4]);
      return release.message.options[0]?.value[0] ?? 0;
    });
    const each = Map.groupBy(holdOffs, (seconds) => seconds);
    expect([...each.keys()]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (const group of each.values()) expect(group).toHaveLength(streamLimits.returnsPerSecond);
  });
});
