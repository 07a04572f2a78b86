import { createHash, createSecretKey } from 'node:crypto';
import {
  type ClientEvent,
  deviceInstance,
  EngineRunner,
  type FirmwareMemory,
  FirmwareState,
  FirmwareUpdate,
  LwM2mClient,
  oscoreInstance,
  type PackageFault,
  type PackageSink,
  securityInstance,
  serverInstance,
} from '@reeve/agent';
import type { Api } from '@reeve/contract';
import { UPLOAD_PIECE_BYTES, uploads, urlOf } from '@reeve/contract';
import type { TestServer } from './harness.ts';
import { impatient } from './impatient.ts';

/** Keeps a package in memory, and knows the SHA-256 that it should have. */
export class Sink implements PackageSink {
  readonly #sha256: string;
  bytes = Buffer.alloc(0);
  /** How often a package began. */
  begun = 0;
  fault: PackageFault | undefined;
  #grown: () => void = () => {};

  constructor(sha256: string) {
    this.#sha256 = sha256;
  }

  length(): number {
    return this.bytes.length;
  }

  begin(): PackageFault | undefined {
    this.begun += 1;
    this.bytes = Buffer.alloc(0);
    return this.fault;
  }

  append(bytes: Uint8Array): undefined {
    this.bytes = Buffer.concat([this.bytes, bytes]);
    this.#grown();
  }

  /** Resolves as soon as more than `length` octets are there. */
  async exceeds(length: number): Promise<void> {
    while (this.bytes.length <= length) {
      await new Promise<void>((resolve) => {
        this.#grown = resolve;
      });
    }
  }

  verify(): PackageFault | undefined {
    return createHash('sha256').update(this.bytes).digest('hex') === this.#sha256 ? undefined : 'integrity';
  }
}

interface Options {
  readonly endpoint: string;
  readonly serverUri: string;
  /** Of TLS or DTLS with the endpoint as identity; or of OSCORE, with sender id 0a, where the URI says that there is neither. */
  readonly key: Buffer;
  readonly sha256: string;
  readonly schemes: NonNullable<ConstructorParameters<typeof FirmwareUpdate>[0]['schemes']>;
  readonly push: boolean;
  /** Version that it runs after an update. */
  readonly becomes: string;
}

/** A device of ours that takes firmware, reboots with it, and registers again. */
export class UpdateDevice {
  readonly sink: Sink;
  readonly events: ClientEvent['kind'][] = [];
  readonly #options: Options;
  readonly #runner = new EngineRunner<ClientEvent>();
  #memory: FirmwareMemory | undefined;
  #version = '1.0';
  #stop: () => void = () => {};

  constructor(options: Options) {
    this.#options = options;
    this.sink = new Sink(options.sha256);
  }

  /** Turns it on: it goes on with what it remembers. */
  async start(): Promise<void> {
    const { endpoint, serverUri, key, schemes, push, becomes } = this.#options;
    const firmware = new FirmwareUpdate({
      ...{ sink: this.sink, schemes, push },
      ...(this.#memory && { memory: this.#memory }),
      save: (memory) => {
        this.#memory = memory;
      },
      install: () => {
        setTimeout(() => {
          this.#stop();
          this.#version = becomes;
          void this.start();
        }, 200);
        return 'started';
      },
    });
    if (this.#memory?.state === FirmwareState.updating)
      firmware.installed(this.#version === becomes ? 'updated' : 'failed');
    const client = new LwM2mClient({
      endpoint,
      objects: [
        ...accountOf(serverUri, endpoint, key),
        serverInstance(),
        deviceInstance({ manufacturer: 'Reeve', model: 'Pump', firmware: this.#version, reboot() {} }),
      ],
      updates: [firmware],
      random: impatient,
      coap: { ackTimeoutMs: 500, maxRetransmit: 2 },
    });
    const running = await this.#runner.add(client, (event) => {
      this.events.push(event.kind);
      if (event.kind === 'fetch')
        void this.#download(event.uri, event.offset, firmware, (input) => running.run(input), client);
    });
    this.#stop = () => running.close();
    running.run((now) => client.start(now));
  }

  /** Fetches by HTTP from where it was, as often as it takes. */
  async #download(
    uri: string,
    from: number,
    firmware: FirmwareUpdate,
    run: (input: (now: number) => void) => void,
    client: LwM2mClient,
  ): Promise<void> {
    for (let offset = from; ; offset = this.sink.length()) {
      try {
        const response = await fetch(uri, { headers: { range: `bytes=${offset}-` } });
        if (!response.ok || response.body === null) return firmware.intake.fail('invalid-uri');
        const size = Number(response.headers.get('content-length')) + offset;
        for await (const piece of response.body) {
          const isLast = this.sink.length() + piece.length >= size;
          firmware.intake.fetched(piece, isLast);
          if (isLast) return run((now) => client.touch(firmware.instance.path, now));
        }
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  close(): void {
    this.#runner.close();
  }
}

function accountOf(uri: string, endpoint: string, key: Buffer) {
  if (uri.startsWith('coaps')) return [securityInstance({ uri, psk: { identity: Buffer.from(endpoint), key } })];
  const ids = { senderId: Uint8Array.of(0x0a), recipientId: Uint8Array.of(0) };
  return [securityInstance({ uri, oscore: 0 }), oscoreInstance({ masterSecret: createSecretKey(key), ...ids })];
}

/** Uploads an artifact. @returns its id */
export async function upload(
  server: Pick<TestServer, 'api' | 'authorization'> & { readonly ready: { readonly url: string } },
  version: string,
  content: Buffer,
  kind: 'firmware' | 'software' = 'firmware',
): Promise<string> {
  const sha256 = createHash('sha256').update(content).digest('hex');
  const body = { name: kind === 'firmware' ? 'pump' : 'flow', version, kind, bytes: content.length, sha256 } as const;
  const { artifactId } = await server.api('artifacts.add', { body });
  for (let offset = 0; offset < content.length; offset += UPLOAD_PIECE_BYTES) {
    const url = server.ready.url + urlOf(uploads.artifact, { artifact: artifactId }, { offset });
    const piece = content.subarray(offset, offset + UPLOAD_PIECE_BYTES);
    const headers = { ...server.authorization, 'content-type': 'application/octet-stream' };
    const response = await fetch(url, { method: 'PUT', headers, body: new Uint8Array(piece) });
    if (!response.ok) throw new Error(await response.text());
  }
  return artifactId;
}

/** The newest update. */
export async function updateOf(api: Api) {
  const { items } = await api('updates.list', { query: {} });
  return items[0];
}
