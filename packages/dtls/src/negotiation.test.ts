import { describe, expect, it } from 'vitest';
import { GROUP_NAMES } from './algorithms.ts';
import { EXTENSIONS, hostName, offer, PRESENT } from './extensions.ts';
import { type ClientHello, type Extension, Version } from './messages.ts';
import { type Negotiated, negotiate } from './negotiation.ts';
import type { Objection } from './objection.ts';
import type { ServerPolicy } from './server-policy.ts';
import { DEFAULT_SUITES, SUITES } from './suites.ts';
import { CERTIFIED_SERVER, RAW_SERVER, RAW_SERVER_384 } from './testing-peers.ts';

const POLICY: ServerPolicy = {
  suites: DEFAULT_SUITES,
  groups: GROUP_NAMES,
  clientKinds: ['psk', 'raw-key', 'certificate'],
  identities: [{ ...RAW_SERVER, ...CERTIFIED_SERVER }],
  requireExtendedMasterSecret: false,
};

const hello = (cipherSuites: readonly number[], ...extensions: readonly Extension[]): ClientHello => ({
  version: Version.DTLS_1_2,
  random: Buffer.alloc(32),
  sessionId: new Uint8Array(0),
  cookie: new Uint8Array(0),
  cipherSuites,
  compressionMethods: [0],
  extensions,
});

function agreed(greeting: ClientHello, policy: ServerPolicy = POLICY): Negotiated {
  const result = negotiate(greeting, policy);
  if (!result.ok) throw new Error(result.objection.detail);
  return result.value;
}

function refused(greeting: ClientHello, policy: ServerPolicy = POLICY): Objection {
  const result = negotiate(greeting, policy);
  if (result.ok) throw new Error('not refused');
  return result.objection;
}

const EMS = offer(EXTENSIONS.extendedMasterSecret, PRESENT);
const ECDSA = 0xc0ae;

describe('a ClientHello', () => {
  it('P48: gets the suite that the server prefers, whatever the order', () => {
    const ids = DEFAULT_SUITES.map(({ id }) => id);
    expect(agreed(hello(ids.toReversed())).suite).toBe(SUITES[0]);
    expect(agreed(hello([0x1234, 0xd005, 0xd001])).suite.id).toBe(0xd005);
    expect(agreed(hello([0x00ae, 0xc02c])).suite.id).toBe(0xc02c);
  });

  it('without CBC suites turned on gets none, and with them encrypts first if the client can', () => {
    expect(refused(hello([0x00ae]))).toMatchObject({
      check: 'no-common-suite',
      offered: ['TLS_PSK_WITH_AES_128_CBC_SHA256'],
      alert: 'handshake_failure',
    });
    const cbc = { ...POLICY, suites: SUITES };
    expect(agreed(hello([0x00ae]), cbc).encryptThenMac).toBe(false);
    expect(agreed(hello([0x00ae], offer(EXTENSIONS.encryptThenMac, PRESENT)), cbc).encryptThenMac).toBe(true);
    expect(agreed(hello([0xc0a8], offer(EXTENSIONS.encryptThenMac, PRESENT)), cbc).encryptThenMac).toBe(false);
  });

  it('falls back from a suite whose conditions do not hold', () => {
    const noIdentity = { ...POLICY, identities: [], suites: SUITES.toReversed() };
    expect(agreed(hello([ECDSA, 0xc0a8]), noIdentity).suite.id).toBe(0xc0a8);
    expect(refused(hello([ECDSA]), noIdentity)).toMatchObject({ check: 'no-common-certificate-type' });
  });

  it('names groups and signatures, or leaves that to the server', () => {
    const groups = (...ids: number[]) => offer(EXTENSIONS.supportedGroups, ids);
    expect(agreed(hello([0xd003])).group).toBe('secp256r1');
    expect(agreed(hello([0xd003], groups(29, 24))).group).toBe('x25519');
    expect(refused(hello([0xd003], groups(25)))).toMatchObject({ check: 'no-common-group', offered: ['group 25'] });
    expect(agreed(hello([ECDSA])).authentication?.scheme).toBe('ecdsa_secp256r1_sha256');
    const onlyLonger = hello([ECDSA], offer(EXTENSIONS.signatureSchemes, [0x0503]));
    expect(agreed(onlyLonger).authentication?.scheme).toBe('ecdsa_secp384r1_sha384');
    expect(refused(hello([ECDSA], offer(EXTENSIONS.signatureSchemes, [0x0401])))).toMatchObject({
      check: 'no-common-signature-scheme',
      offered: ['scheme 0x0401'],
      wanted: ['ecdsa_secp256r1_sha256', 'ecdsa_secp384r1_sha384'],
    });
    expect(refused(hello([0xd003], offer(EXTENSIONS.pointFormats, [1])))).toMatchObject({ check: 'malformed' });
  });

  it('is shown no key of a curve that it does not know', () => {
    const types = [offer(EXTENSIONS.serverCertificateType, [2]), offer(EXTENSIONS.clientCertificateType, [2])];
    const onlyP256 = hello([ECDSA], offer(EXTENSIONS.supportedGroups, [23, 29]), ...types);
    const both = { ...POLICY, identities: [RAW_SERVER_384, RAW_SERVER] };
    expect(agreed(onlyP256, both).authentication?.identity).toBe(RAW_SERVER);
    expect(agreed(hello([ECDSA], ...types), both).authentication?.identity).toBe(RAW_SERVER_384);
    expect(refused(onlyP256, { ...POLICY, identities: [RAW_SERVER_384] })).toMatchObject({
      check: 'no-common-group',
      offered: ['secp256r1', 'x25519'],
      wanted: ['secp384r1'],
    });
  });

  it('gets the kinds of certificates that it prefers on each side', () => {
    const types = (server: number[], client: number[]) => [
      offer(EXTENSIONS.serverCertificateType, server),
      offer(EXTENSIONS.clientCertificateType, client),
    ];
    expect(agreed(hello([ECDSA])).authentication).toMatchObject({ server: 'certificate', client: 'certificate' });
    expect(agreed(hello([ECDSA], ...types([2], [2, 0]))).authentication).toMatchObject({
      server: 'raw-key',
      client: 'raw-key',
    });
    expect(agreed(hello([ECDSA], ...types([1, 0], [2]))).authentication).toMatchObject({
      server: 'certificate',
      client: 'raw-key',
    });
    const certificatesOnly: ServerPolicy = { ...POLICY, clientKinds: ['certificate'] };
    expect(refused(hello([ECDSA], ...types([2], [2])), certificatesOnly)).toMatchObject({
      check: 'no-common-certificate-type',
      alert: 'unsupported_certificate',
      offered: ['raw-key'],
    });
  });

  it('is refused without the extended master secret where that is required', () => {
    const strict = { ...POLICY, requireExtendedMasterSecret: true };
    expect(refused(hello([0xc0a8]), strict)).toMatchObject({ check: 'extended-master-secret' });
    expect(agreed(hello([0xc0a8], EMS), strict).extendedMasterSecret).toBe(true);
    expect(agreed(hello([0xc0a8])).extendedMasterSecret).toBe(false);
  });

  it('may hold extensions that nobody knows, such as the draft of Connection IDs', () => {
    const draft = { type: 53, data: Uint8Array.of(0) };
    expect(agreed(hello([0xc0a8], draft, { type: 0x1a1a, data: Buffer.alloc(9) })).connectionId).toBeUndefined();
    expect(agreed(hello([0xc0a8], draft, offer(EXTENSIONS.connectionId, PRESENT))).connectionId).toEqual(PRESENT);
    expect(agreed(hello([0xc0a8], { type: 54, data: Uint8Array.of(2, 7, 8) })).connectionId).toEqual(
      Uint8Array.of(7, 8),
    );
  });

  it('is refused when an extension comes twice', () => {
    for (const one of [EMS, { type: 0x1a1a, data: PRESENT }]) {
      expect(refused(hello([0xc0a8], one, one))).toMatchObject({ check: 'malformed', alert: 'illegal_parameter' });
    }
  });

  it('is refused when an extension is malformed', () => {
    const bad: readonly (readonly [number, number[]])[] = [
      [EXTENSIONS.serverName.type, [0, 5]],
      [EXTENSIONS.serverName.type, [0, 0]],
      [EXTENSIONS.serverName.type, [0, 3, 0, 0, 0]],
      [EXTENSIONS.serverName.type, [0, 4, 0, 0, 1, 0x1b]],
      [EXTENSIONS.serverName.type, [0, 4, 0, 0, 1, 0x80]],
      [EXTENSIONS.serverName.type, [1, 3, 0, 1, 0, ...Buffer.alloc(256, 'a')]],
      [EXTENSIONS.extendedMasterSecret.type, [0]],
      [EXTENSIONS.encryptThenMac.type, [1]],
      [EXTENSIONS.maxFragmentLength.type, []],
      [EXTENSIONS.maxFragmentLength.type, [5]],
      [EXTENSIONS.recordSizeLimit.type, [0, 63]],
      [EXTENSIONS.recordSizeLimit.type, [0]],
      [EXTENSIONS.connectionId.type, [2, 1]],
      [EXTENSIONS.renegotiationInfo.type, [1]],
      [EXTENSIONS.renegotiationInfo.type, [1, 1]],
    ];
    for (const [type, data] of bad) {
      expect(refused(hello([0xc0a8], { type, data: Uint8Array.from(data) })), `${type}: ${data}`).toMatchObject({
        check: 'malformed',
      });
    }
    for (const { type } of [
      EXTENSIONS.supportedGroups,
      EXTENSIONS.signatureSchemes,
      EXTENSIONS.clientCertificateType,
    ]) {
      expect(refused(hello([ECDSA], { type, data: Uint8Array.of(0, 1, 0) })), `${type}`).toMatchObject({
        check: 'malformed',
        alert: 'decode_error',
      });
    }
  });

  it('says how much a record may hold; record_size_limit goes before max_fragment_length', () => {
    const fragment = offer(EXTENSIONS.maxFragmentLength, 1);
    const size = offer(EXTENSIONS.recordSizeLimit, 64);
    expect(agreed(hello([0xc0a8], fragment))).toMatchObject({ maxFragmentLength: 1 });
    const both = agreed(hello([0xc0a8], fragment, size));
    expect(both.recordSizeLimit).toBe(64);
    expect(both.maxFragmentLength).toBeUndefined();
  });

  it('may ask for a server by name', () => {
    const { serverName } = agreed(hello([0xc0a8], offer(EXTENSIONS.serverName, hostName('Gate.Example'))));
    expect(serverName).toBe('gate.example');
  });
});
