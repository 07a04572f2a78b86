import { openLocalBus } from './bus/local/bus.ts';
import type { Bus } from './bus/port.ts';
import type { Warn } from './bus/stuck.ts';
import type { Millis } from './ids.ts';
import { openMainThreadLink } from './link/main-thread.ts';
import type { LinkConfig, ListenAddress, Listener, OpenLink } from './link/port.ts';
import { openWorkerLink } from './link/worker-thread.ts';
import type { DownlinkLimits } from './pacing/limits.ts';
import type { DurableStore, Store } from './store/port.ts';
import { openSqliteStore } from './store/sqlite/store.ts';
import type { IdentityFiles } from './trust/certificate-files.ts';
import type { SmsConfig } from './wake/waker.ts';

/** What an operator chooses. */
export interface ServerConfig {
  /** Folder of the database, the sealing key and the local token; made with mode 0700. */
  readonly dataFolder: string;
  /** CoAP sockets; at least one `coaps`. */
  readonly listen: readonly Listener[];
  /** Name or address under which devices reach the server; absent: where its sockets listen, if that says it. */
  readonly deviceHost?: string;
  /** Certificate chains that the server proves itself with, beside its raw key. */
  readonly identities?: readonly IdentityFiles[];
  readonly http: { readonly host: string; readonly port: number };
  /** Where people reach the console if a proxy is in front. */
  readonly publicUrl?: string;
  /** File of the sealing key, if it is not to lie beside the data. */
  readonly sealingKeyFile?: string;
  readonly link: 'main' | 'worker';
  /** Days that DTLS sessions outlive the registrations under them; see sessions/limits.ts. */
  readonly keepSessionDays?: number;
  /** How much devices are sent without urgency; what is left out is as `defaultDownlink` has it. */
  readonly downlink?: Partial<DownlinkLimits>;
  /** Who sends SMS that wake devices; absent: nobody is woken. */
  readonly sms?: SmsConfig;
  /** File that the keys of all sessions are appended to, in NSS's key log format: for debugging only. */
  readonly keyLogFile?: string;
  readonly transmission?: LinkConfig['transmission'];
  readonly logLevel: 'info' | 'warn' | 'error' | 'silent';
}

/** The adapters behind the ports. Tests wrap them; everything else is the same. */
export interface ServerPorts {
  readonly openStore: (file: string) => Promise<DurableStore>;
  readonly openBus: (store: Store) => Bus;
  readonly openLink: OpenLink;
  readonly fetch: typeof globalThis.fetch;
  readonly now: () => Millis;
  /** Says a line to whoever runs the server, of what neither journal nor console can show. */
  readonly warn: Warn;
}

/** A server that answers. */
export interface RunningServer {
  /** Origin of the console and API. */
  readonly url: string;
  readonly coap: readonly ListenAddress[];
  /** True when this start made the data folder. */
  readonly firstStart: boolean;
  /** File of the local command line's bearer token. */
  readonly tokenFile: string;
  /** A one-time sign-in link. */
  makeLink(name: string): Promise<string>;
  /** What an operator should know of how it runs, a sentence each. */
  warnings(): string[];
  /** Reads the files of the server's certificates again. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

export function defaultPorts(config: ServerConfig): ServerPorts {
  return {
    openStore: (file) => openSqliteStore({ file }),
    openBus: openLocalBus,
    openLink: config.link === 'worker' ? openWorkerLink : openMainThreadLink,
    fetch: globalThis.fetch,
    now: Date.now,
    warn: config.logLevel === 'silent' ? () => {} : (line) => process.stderr.write(`${line}\n`),
  };
}
