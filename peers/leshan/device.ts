import { Program } from './program.ts';
import { writeSecretFile } from './secret-file.ts';

/** What the Leshan device reports. */
type LeshanDeviceEvent =
  /** `location` is the path that the server gave, e.g. `/rd/a1b2`. */
  | { readonly event: 'registered'; readonly location: string }
  | { readonly event: 'updated'; readonly location: string }
  | { readonly event: 'deregistered' }
  /** `code` is class × 100 + detail (e.g. 400), null if no answer came. */
  | { readonly event: 'registration-failed' | 'update-failed'; readonly code: number | null; readonly message: string }
  /** A Write or Execute reached an object of the device; `count` is how many did on this path, this one included. */
  | { readonly event: 'write' | 'execute'; readonly path: string; readonly count: number }
  /** /8/0/0 was written; `writes` counts how often. */
  | { readonly event: 'lock-state'; readonly state: 0 | 1 | 2; readonly writes: number }
  /** A package was written to /5/0/0. */
  | { readonly event: 'package'; readonly bytes: number; readonly sha256: string }
  /** The server answered a Send. */
  | { readonly event: 'sent'; readonly code: number }
  | LeshanDeviceState
  | { readonly event: 'error'; readonly line: string; readonly message: string };

/** The device's own account of itself, an answer to `state()`. */
interface LeshanDeviceState {
  readonly event: 'state';
  /** /8/0/0: 0 unlocked, 1 partially locked, 2 fully locked. */
  readonly lock: 0 | 1 | 2;
  /** /8/0/5. */
  readonly result: number;
  /** How often each path was written. */
  readonly writes: Readonly<Record<string, number>>;
  /** How often each path was executed. */
  readonly executes: Readonly<Record<string, number>>;
  /** Whether it sleeps; a device without `awake` never does. */
  readonly asleep: boolean;
  /** How many requests came while it slept, and were lost. */
  readonly missed: number;
  /** How often it was read and written in each content format, by its number. */
  readonly readIn: Readonly<Record<string, number>>;
  readonly writtenIn: Readonly<Record<string, number>>;
}

/** Pre-shared key of a device. */
export interface LeshanPsk {
  readonly identity: string;
  readonly key: Uint8Array;
}

/** Raw public keys (RFC 7250) as PEM files. */
interface LeshanRawKey {
  /** PKCS #8 and SubjectPublicKeyInfo of the device, on P-256. */
  readonly privateKey: string;
  readonly publicKey: string;
  /** SubjectPublicKeyInfo that the server must show. */
  readonly serverKey: string;
}

/** X.509 certificates as PEM files. */
interface LeshanCertificate {
  /** PKCS #8 on P-256, and the certificate that goes with it. */
  readonly privateKey: string;
  readonly certificate: string;
  /** /0/x/4, read according to `usage`. */
  readonly serverCertificate: string;
  /** /0/x/15: 0 CA constraint, 1 service certificate, 2 trust anchor, 3 (default) the server's own certificate. */
  readonly usage?: 0 | 1 | 2 | 3;
}

/** How a Leshan device is started. */
export interface LeshanDeviceOptions {
  /** `coap://` or `coaps://`, host and port. */
  readonly server: string;
  /** Whether that is a bootstrap server, and its credential good for that: it is given all else. */
  readonly bootstrap?: boolean;
  readonly endpoint: string;
  /** One of the next three is needed for `coaps://`; without any the device uses NoSec. */
  readonly psk?: LeshanPsk;
  readonly rawKey?: LeshanRawKey;
  readonly certificate?: LeshanCertificate;
  /** Length of its Connection ID; 0, the default, negotiates that only the server has one; `off` offers none. */
  readonly connectionId?: number | 'off';
  /** Registration lifetime in seconds; 300 by default. */
  readonly lifetime?: number;
  /** Seconds between two Updates; 3 by default. */
  readonly period?: number;
  /** Registers in queue mode; without `awake` it listens all the same. */
  readonly queueMode?: boolean;
  /** Sleeps so many milliseconds after its last message. */
  readonly awake?: number;
  /** Has object 3442, with a resource of each type. */
  readonly everyType?: boolean;
  /** Model number, /3/0/1; `Truck` by default. */
  readonly model?: string;
  /** Has object 5, and runs this version after an update. */
  readonly becomes?: string;
  /**
   * Keeps the library's timers. By default they are short: ACK_TIMEOUT 500 ms with 1 retransmission, DTLS flights 500 ms
   * with 2, and a failed Register is tried again after 1 s.
   */
  readonly defaultTimers?: boolean;
}

/** A running Leshan device with the objects 0, 1, 3, 6, 8 and 33000. It ends with the test process at the latest. */
export interface LeshanDevice extends Pick<Program<LeshanDeviceEvent>, 'history' | 'waitFor' | 'forgetPending'> {
  /** Moves to a new fix and tells it: degrees, and the radius in metres if the receiver says one. */
  fix(latitude: number, longitude: number, radius?: number): void;
  /** Tells the last fix once more. */
  repeat(): void;
  /** Sets /3/0/9, in percent. */
  battery(percent: number): void;
  /** Sets /3/0/3. */
  firmware(version: string): void;
  /** Sends what these paths hold now, in SenML CBOR. */
  send(...paths: readonly string[]): void;
  /** Notes what these paths hold now, with the time. */
  collect(...paths: readonly string[]): void;
  /** Sends all that was noted, in one Send. */
  sendCollected(): void;
  /** Speaks all content formats but these from now on. */
  refuse(...formats: readonly number[]): void;
  /** Sends an Update. */
  wake(): void;
  /** The lock and the counts of operations, as the device knows them. */
  state(): Promise<LeshanDeviceState>;
  /** De-registers and ends. */
  stop(): Promise<void>;
  /** Ends at once, without a word to the server. */
  kill(): Promise<void>;
}

const JAVA_FLAGS = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

/** Starts a Leshan device; resolves when its process runs, before it is registered. */
export async function startLeshanDevice(options: LeshanDeviceOptions): Promise<LeshanDevice> {
  const key = options.psk && writeSecretFile(Buffer.from(options.psk.key).toString('hex'));
  const program = await Program.start<LeshanDeviceEvent>('Device', deviceArguments(options, key?.path), JAVA_FLAGS);
  program.child.once('close', () => key?.remove());
  return {
    history: program.history,
    waitFor: program.waitFor.bind(program),
    forgetPending: () => program.forgetPending(),
    fix: (...numbers) => program.send(`fix ${numbers.join(' ')}`),
    repeat: () => program.send('repeat'),
    battery: (percent) => program.send(`battery ${percent}`),
    firmware: (version) => program.send(`firmware ${version}`),
    send: (...paths) => program.send(`send ${paths.join(' ')}`),
    collect: (...paths) => program.send(`collect ${paths.join(' ')}`),
    sendCollected: () => program.send('send-collected'),
    refuse: (...formats) => program.send(`refuse ${formats.join(' ')}`),
    wake: () => program.send('wake'),
    state: () => {
      program.send('state');
      return program.waitFor((event) => event.event === 'state');
    },
    stop: () => program.stop(),
    kill: () => program.kill(),
  };
}

function deviceArguments(options: LeshanDeviceOptions, keyFile: string | undefined): string[] {
  const args = ['--server', options.server, '--endpoint', options.endpoint];
  if (options.psk && keyFile) args.push('--identity', options.psk.identity, '--key-file', keyFile);
  const { rawKey, certificate } = options;
  if (rawKey) args.push('--private-key', rawKey.privateKey, '--public-key', rawKey.publicKey);
  if (rawKey) args.push('--server-key', rawKey.serverKey);
  if (certificate) args.push('--private-key', certificate.privateKey, '--certificate', certificate.certificate);
  if (certificate) args.push('--server-certificate', certificate.serverCertificate);
  if (certificate?.usage !== undefined) args.push('--usage', String(certificate.usage));
  if (options.connectionId !== undefined) args.push('--cid', String(options.connectionId));
  if (options.lifetime !== undefined) args.push('--lifetime', String(options.lifetime));
  if (options.period !== undefined) args.push('--period', String(options.period));
  if (options.model !== undefined) args.push('--model', options.model);
  if (options.becomes !== undefined) args.push('--becomes', options.becomes);
  if (options.bootstrap) args.push('--bootstrap');
  if (options.awake !== undefined) args.push('--awake', String(options.awake));
  if (options.everyType) args.push('--every-type');
  if (options.queueMode) args.push('--queue-mode');
  if (options.defaultTimers) args.push('--default-timers');
  return args;
}
