import { hasPeer } from '../../../../tooling/testing/peers.ts';
import { IDENTITY, PSK } from './material.ts';
import type { Mode } from './modes.ts';
import type { Peer } from './peer.ts';

const KEY_TEXT = Buffer.from(PSK, 'hex').toString();

/** The programs of one build of libcoap. They choose the suite themselves: it is our side that allows only one. */
function libcoap(library: 'OpenSSL' | 'GnuTLS', does: Peer['does']): Peer {
  const suffix = library.toLowerCase();
  return {
    name: `libcoap (${library})`,
    isHere: () => hasPeer(`libcoap (${library})`, ['sh', '-c', `command -v coap-client-${suffix}`]),
    does: (mode, role) => mode.feature === 'plain' && does(mode, role),
    speaks: 'coap',
    client: ({ mode, port, folder }) => {
      const files = folder.files('client', mode);
      const identity = {
        psk: ['-u', IDENTITY, '-k', KEY_TEXT],
        certificate: ['-c', files.certificate, '-j', files.key, '-C', files.ca],
        'raw-key': ['-M', files.keyPair, '-n'],
      }[mode.credential];
      return [
        {
          command: [`coap-client-${suffix}`],
          args: ['-B', '10', ...identity, `coaps://127.0.0.1:${port}/question`],
          lines: [],
        },
      ];
    },
    server: ({ mode, port, folder }) => {
      const files = folder.files('server', mode);
      const identity = {
        psk: ['-k', KEY_TEXT],
        certificate: ['-c', files.certificate, '-j', files.key, '-C', files.ca],
        'raw-key': ['-M', files.keyPair, '-n'],
      }[mode.credential];
      return {
        command: [`coap-server-${suffix}`],
        // It listens for DTLS at the port after the one that it is told.
        args: ['-A', '127.0.0.1', '-p', `${port - 1}`, ...identity],
      };
    },
  };
}
/** Of ECDHE_PSK neither library has an AEAD. */
const isKnown = ({ suite }: Mode): boolean => !suite.startsWith('TLS_ECDHE_PSK') || suite.includes('CBC');

export const libcoapOnOpenssl = libcoap('OpenSSL', (mode, role) => {
  // Its server has no suite with both a pre-shared key and CBC.
  if (role === 'server' && mode.credential === 'psk' && mode.suite.includes('CBC')) return false;
  return mode.credential !== 'raw-key' && isKnown(mode);
});
export const libcoapOnGnutls = libcoap('GnuTLS', isKnown);
