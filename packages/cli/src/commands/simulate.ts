import { command } from '../command.ts';
import { describeEvent } from '../device-events.ts';
import { Failure } from '../failure.ts';
import { choice, flag, text } from '../options.ts';
import { scenarioNames, scenarios } from '../scenarios.ts';
import { readKey } from '../secret-input.ts';
import { stopped } from '../stopped.ts';
import { clean } from '../table.ts';
import { clockTime } from '../words.ts';

export const simulateCommands = [
  command({
    name: 'simulate',
    summary: 'Run a virtual truck that registers with a server, until Ctrl-C',
    options: {
      server: text('URL', 'coaps:// or coap:// address of the server, or with +tcp', 'coaps://127.0.0.1:5684'),
      bootstrap: flag('the address is that of a bootstrap server, which gives the device its server'),
      device: text('ENDPOINT', 'endpoint name', 'my-device'),
      identity: text('ID', 'PSK identity, else the endpoint name; hex:… for bytes'),
      'key-file': text('FILE', 'file of its key in hex, - for stdin; not for coap:// and coap+tcp://'),
      scenario: choice(scenarioNames, 'what it does', 'drive'),
    },
    run: async ({ terminal }, given) => {
      const { server, device: endpoint } = given;
      const key = await readKey(given['key-file'], terminal);
      if (/^coaps(\+tcp)?:/.test(server) && key === undefined) {
        throw new Failure(
          'usage',
          'A device that uses DTLS or TLS needs its key: --key-file FILE',
          'reeve device add makes one',
        );
      }
      const identity = identityBytes(given.identity ?? endpoint);
      const psk = key === undefined ? undefined : { identity, key: Buffer.from(key, 'hex') };
      const { simulate } = await import('@reeve/simulator');
      const simulation = await simulate({
        server,
        bootstrap: given.bootstrap,
        devices: [{ endpoint, ...scenarios[given.scenario], ...(psk ? { psk } : {}) }],
        onEvent: (_, event) => {
          const line = describeEvent(event);
          if (line !== undefined) terminal.out(`${clockTime(terminal.now())}  ${clean(line)}`);
        },
      });
      terminal.note(`${endpoint} speaks to ${server}. Ctrl-C de-registers it and ends.`);
      await stopped(terminal);
      await simulation.stop();
    },
  }),
];

/** An identity as it is typed: its UTF-8, or its bytes after `hex:`. */
function identityBytes(identity: string): Uint8Array {
  return identity.startsWith('hex:') ? Buffer.from(identity.slice(4), 'hex') : Buffer.from(identity);
}
