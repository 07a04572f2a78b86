import { Program } from '../leshan/program.ts';
import { writeSecretFile } from '../leshan/secret-file.ts';
import { leshan15Command } from './build.ts';

/** What the device reports. */
type OldDeviceEvent =
  | { readonly event: 'registered'; readonly location: string }
  /** A Write or Execute reached it. */
  | { readonly event: 'write' | 'execute'; readonly path: string };

/** How a device of LwM2M 1.0 is started; without a key it uses NoSec. */
interface OldDeviceOptions {
  /** `coap://` or `coaps://`, host and port. */
  readonly server: string;
  readonly endpoint: string;
  readonly psk?: { readonly identity: string; readonly key: Uint8Array };
}

/** A running device of LwM2M 1.0 with the objects 1 and 3. It ends with the test process at the latest. */
interface OldDevice extends Pick<Program<OldDeviceEvent>, 'waitFor' | 'stop'> {
  /** Sets /3/0/9, in percent. */
  battery(percent: number): void;
}

/** Starts a device; resolves when its process runs, before it is registered. */
export async function startOldDevice({ server, endpoint, psk }: OldDeviceOptions): Promise<OldDevice> {
  const key = psk && writeSecretFile(Buffer.from(psk.key).toString('hex'));
  const program = Program.run<OldDeviceEvent>([
    ...(await leshan15Command('OldDevice')),
    ...['--server', server, '--endpoint', endpoint],
    ...(psk && key ? ['--identity', psk.identity, '--key-file', key.path] : []),
  ]);
  program.child.once('close', () => key?.remove());
  return {
    waitFor: program.waitFor.bind(program),
    stop: () => program.stop(),
    battery: (percent) => program.send(`battery ${percent}`),
  };
}
