import { hasPeer } from '../../tooling/testing/peers.ts';
import { Program } from '../leshan/program.ts';
import { leshan15Build, leshan15Command } from './build.ts';

export { startOldDevice } from './device.ts';

/** One instance of object 0, as Leshan names its fields; bytes are base64. */
interface LeshanSecurity {
  readonly uri: string;
  readonly bootstrapServer?: boolean;
  readonly securityMode: 'PSK' | 'RPK' | 'X509' | 'NO_SEC';
  readonly publicKeyOrId?: string;
  readonly serverPublicKey?: string;
  readonly secretKey?: string;
  /** Short server id, /0/x/10. */
  readonly serverId?: number;
}

/** One instance of object 1, as Leshan names its fields. */
interface LeshanServerAccount {
  readonly shortId: number;
  /** Seconds. */
  readonly lifetime: number;
  readonly binding: 'U' | 'UQ';
}

/** A device that may bootstrap, and what it is told. */
interface LeshanBootstrapDevice {
  readonly endpoint: string;
  /** By what it is known; one of these, or none for a device without security. Bytes are base64. */
  readonly psk?: { readonly identity: string; readonly key: string };
  /** SubjectPublicKeyInfo in DER. */
  readonly publicKey?: string;
  /** Admits the certificate with the endpoint name as common name. */
  readonly certificate?: true;
  readonly config: {
    readonly toDelete?: readonly string[];
    /** By instance id. */
    readonly security: Readonly<Record<number, LeshanSecurity>>;
    readonly servers: Readonly<Record<number, LeshanServerAccount>>;
  };
}

/** What the bootstrap server reports. */
type LeshanBootstrapEvent =
  | { readonly event: 'listening'; readonly coap: string; readonly coaps: string }
  | { readonly event: 'known'; readonly endpoint: string }
  /** A Bootstrap-Request came. */
  | { readonly event: 'requested'; readonly endpoint: string; readonly authorized: boolean }
  /** How the device took one step; `code` is class × 100 + detail of a refusal, else 0. */
  | {
      readonly event: 'accepted' | 'refused' | 'unanswered';
      readonly endpoint: string;
      /** Class name of the request, e.g. `BootstrapWriteRequest`. */
      readonly request: string;
      readonly path: string;
      readonly code: number;
    }
  | { readonly event: 'finished'; readonly endpoint: string }
  | { readonly event: 'failed'; readonly endpoint: string; readonly cause: string };

/** How the bootstrap server proves itself, and to whom it listens; PEM files. A server with neither takes pre-shared keys. */
interface LeshanBootstrapServerOptions {
  readonly rawKey?: { readonly privateKey: string; readonly publicKey: string };
  /** Its chain, and the certificate that devices' chains must lead to. */
  readonly certificate?: { readonly privateKey: string; readonly certificate: string; readonly trust: string };
}

/** A running bootstrap server. It ends with the test process at the latest. */
export interface LeshanBootstrapServer
  extends Pick<Program<LeshanBootstrapEvent>, 'history' | 'waitFor' | 'forgetPending' | 'stop'> {
  /** Address for NoSec. */
  readonly coap: string;
  /** Address for DTLS. */
  readonly coaps: string;
  /** Admits a device, or changes what it is told. */
  admit(device: LeshanBootstrapDevice): Promise<void>;
}

/** Whether tests can use the peer, see `PeerBuild.isHere`. */
export function leshan15Available(): boolean {
  return hasPeer('Leshan 1.5 (needs Java 17)', ['java', '-version']) && leshan15Build.isHere();
}

/** Starts a bootstrap server; resolves when it listens. */
export async function startLeshanBootstrapServer(
  options: LeshanBootstrapServerOptions = {},
): Promise<LeshanBootstrapServer> {
  const { rawKey, certificate } = options;
  const program = Program.run<LeshanBootstrapEvent>([
    ...(await leshan15Command('BootstrapServer')),
    ...(rawKey ? ['--private-key', rawKey.privateKey, '--public-key', rawKey.publicKey] : []),
    ...(certificate ? ['--private-key', certificate.privateKey, '--certificate', certificate.certificate] : []),
    ...(certificate ? ['--trust', certificate.trust] : []),
  ]);
  const { coap, coaps } = await program.waitFor((event) => event.event === 'listening');
  return {
    history: program.history,
    waitFor: program.waitFor.bind(program),
    forgetPending: () => program.forgetPending(),
    stop: () => program.stop(),
    coap,
    coaps,
    admit: async (device) => {
      program.send(JSON.stringify(device));
      await program.waitFor((event) => event.event === 'known' && event.endpoint === device.endpoint);
    },
  };
}
