import { createHash } from 'node:crypto';
import type { LeshanPsk } from './device.ts';
import { Program } from './program.ts';
import { writeSecretFile } from './secret-file.ts';

/** A value as the server shows it: containers keyed by id, times in Unix milliseconds, opaque values in hex. */
type LeshanValue = string | number | boolean | null | { readonly [id: string]: LeshanValue };

/** The operations that the server can be told to do; README.md says what each of them takes. */
type LeshanCommand =
  | ('read' | 'write' | 'put' | 'post' | 'observe' | 'cancel' | 'forget' | 'execute' | 'discover' | 'attributes')
  | ('create' | 'delete' | 'read-composite' | 'write-composite' | 'observe-composite');

/** The answer to a command. */
interface LeshanResponse {
  readonly event: 'response';
  readonly command: LeshanCommand;
  readonly endpoint: string;
  readonly path: string;
  /** Class × 100 + detail (e.g. 205), null if the device did not answer in 10 s. */
  readonly code: number | null;
  readonly value: LeshanValue;
}

/** What the Leshan server reports. */
type LeshanServerEvent =
  | { readonly event: 'listening'; readonly coap: string; readonly coaps: string }
  | {
      readonly event: 'registered';
      readonly endpoint: string;
      readonly id: string;
      readonly lifetime: number;
      /** LwM2M version that the client gave, e.g. `1.1`. */
      readonly version: string;
      /** Object links in link format, sorted. */
      readonly links: readonly string[];
    }
  | { readonly event: 'updated'; readonly endpoint: string; readonly id: string; readonly lifetime: number }
  | { readonly event: 'unregistered'; readonly endpoint: string; readonly id: string; readonly expired: boolean }
  /** A Send; `time` in Unix milliseconds, null if the device named none. */
  | {
      readonly event: 'sent';
      readonly endpoint: string;
      readonly values: readonly { readonly path: string; readonly time: number | null; readonly value: LeshanValue }[];
    }
  /** A device has accepted an observation. */
  | { readonly event: 'observing'; readonly endpoint: string; readonly path: string }
  | { readonly event: 'notification'; readonly endpoint: string; readonly path: string; readonly value: LeshanValue }
  | LeshanResponse
  | { readonly event: 'error'; readonly endpoint?: string; readonly line?: string; readonly message: string };

/** How a Leshan server is started. */
export interface LeshanServerOptions {
  /** 127.0.0.1 by default. */
  readonly host?: string;
  /** Ports; by default the system chooses. */
  readonly coapPort?: number;
  readonly coapsPort?: number;
  /** Devices whose keys it knows; the endpoint name of each is its identity. */
  readonly psks?: readonly LeshanPsk[];
  /** Adds the keys of `generatedPsk(0)` to `generatedPsk(devices - 1)`. */
  readonly devices?: number;
  /** What it shows to devices with raw public keys, and the one it admits; PEM files. */
  readonly rawKey?: {
    readonly privateKey: string;
    readonly publicKey: string;
    readonly device: { readonly endpoint: string; readonly publicKey: string };
  };
  /** Its chain, the certificate that devices' chains must lead to, and the device it admits by common name; PEM files. */
  readonly certificate?: {
    readonly privateKey: string;
    readonly certificate: string;
    readonly trust: string;
    readonly device: { readonly endpoint: string };
  };
  /** Length of its Connection ID, 6 by default; `off` negotiates none. */
  readonly connectionId?: number | 'off';
  /** Path that it observes on every device that registers. */
  readonly observe?: string;
  /** Reads a path of its devices again and again, once so many have registered: so many requests under way. */
  readonly read?: { readonly path: string; readonly devices: number; readonly outstanding: number };
  /** Reports nothing of its own accord, as a benchmark needs it; commands are answered. */
  readonly quiet?: boolean;
  /** Flags of the virtual machine; `-Xmx256m` by default, `-Xmx4g` in a benchmark. */
  readonly javaFlags?: readonly string[];
  /** Command line to run it under, e.g. `['taskset', '-c', '0']`. */
  readonly wrapper?: readonly string[];
}

/** A running Leshan server. It ends with the test process at the latest. */
export interface LeshanServer
  extends Pick<Program<LeshanServerEvent>, 'child' | 'history' | 'waitFor' | 'forgetPending' | 'stop' | 'kill'> {
  /** Address for NoSec, e.g. `coap://127.0.0.1:5683`. */
  readonly coap: string;
  /** Address for DTLS. */
  readonly coaps: string;
  /**
   * Has the server do one operation; `value` is the text of a value to write, attributes as a query, RESOURCE=INTEGER of
   * a new instance, or a content format and what is written in it, in SenML JSON.
   */
  request(command: LeshanCommand, endpoint: string, path: string, value?: string): Promise<LeshanResponse>;
}

/** Starts a Leshan server; resolves when it listens. */
export async function startLeshanServer(options: LeshanServerOptions = {}): Promise<LeshanServer> {
  const keys = options.psks && writeSecretFile(options.psks.map(keyLine).join(''));
  const program = await Program.start<LeshanServerEvent>(
    'ManagementServer',
    serverArguments(options, keys?.path),
    options.javaFlags ?? ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
    options.wrapper,
  );
  program.child.once('close', () => keys?.remove());
  const { coap, coaps } = await program.waitFor((event) => event.event === 'listening');
  return {
    child: program.child,
    history: program.history,
    waitFor: program.waitFor.bind(program),
    forgetPending: () => program.forgetPending(),
    stop: () => program.stop(),
    kill: () => program.kill(),
    coap,
    coaps,
    request: (...words) => request(program, words),
  };
}

/**
 * The key of a benchmark's device: identity and endpoint name `device-<index>`, key the first 16 bytes of the name's
 * SHA-256. Anyone can compute it.
 */
export function generatedPsk(index: number): LeshanPsk {
  const identity = `device-${index}`;
  return { identity, key: createHash('sha256').update(identity).digest().subarray(0, 16) };
}

async function request(
  program: Program<LeshanServerEvent>,
  words: Parameters<LeshanServer['request']>,
): Promise<LeshanResponse> {
  const [command, endpoint, path] = words;
  const line = words.filter((word) => word !== undefined).join(' ');
  program.send(line);
  const answer = await program.waitFor((event): event is Extract<LeshanServerEvent, { event: 'response' | 'error' }> =>
    event.event === 'error'
      ? event.line === line
      : event.event === 'response' && event.command === command && event.endpoint === endpoint && event.path === path,
  );
  if (answer.event === 'error') throw new Error(answer.message);
  return answer;
}

function keyLine({ identity, key }: LeshanPsk): string {
  return `${identity}:${Buffer.from(key).toString('hex')}\n`;
}

function serverArguments(options: LeshanServerOptions, keyFile: string | undefined): string[] {
  const args: string[] = [];
  if (options.host !== undefined) args.push('--host', options.host);
  if (options.coapPort !== undefined) args.push('--coap-port', String(options.coapPort));
  if (options.coapsPort !== undefined) args.push('--coaps-port', String(options.coapsPort));
  if (keyFile !== undefined) args.push('--psk-file', keyFile);
  if (options.devices !== undefined) args.push('--devices', String(options.devices));
  const { rawKey, certificate } = options;
  if (rawKey) args.push('--private-key', rawKey.privateKey, '--public-key', rawKey.publicKey);
  if (rawKey) args.push('--raw-key-device', rawKey.device.endpoint, '--device-key', rawKey.device.publicKey);
  if (certificate) args.push('--private-key', certificate.privateKey, '--certificate', certificate.certificate);
  if (certificate) args.push('--trust', certificate.trust, '--certificate-device', certificate.device.endpoint);
  if (options.connectionId !== undefined) args.push('--cid', String(options.connectionId));
  if (options.observe !== undefined) args.push('--observe', options.observe);
  const { read } = options;
  if (read) args.push('--read', read.path, '--readers', String(read.devices), '--reads', String(read.outstanding));
  if (options.quiet) args.push('--quiet');
  return args;
}
