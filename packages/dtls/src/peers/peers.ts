import { californium } from './californium.ts';
import { gnutls } from './gnutls.ts';
import { libcoapOnGnutls, libcoapOnOpenssl } from './libcoap.ts';
import { openssl } from './openssl.ts';
import type { Peer } from './peer.ts';
import { pion } from './pion.ts';

/** The columns of the matrix. */
export const PEERS: readonly Peer[] = [openssl, gnutls, libcoapOnOpenssl, libcoapOnGnutls, californium, pion];
