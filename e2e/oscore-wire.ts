import { createSecretKey, randomBytes } from 'node:crypto';
import { type CoapMessage, decodeMessage, OscoreAssociation } from '@reeve/coap';
import { udpWire, type Wire } from './wires.ts';

/** What a device has in its object 21; bytes in hex. */
export interface OscoreProof {
  readonly secret: string;
  readonly senderId: string;
  readonly recipientId: string;
  readonly salt?: string;
  readonly aead?: number;
  /** It derives new keys with its first request (RFC 8613 Appendix B.2); else it begins with number 0. */
  readonly rederive?: boolean;
}

/** A wire, and what went over it to the server. */
export interface OscoreWire extends Wire {
  readonly received: readonly CoapMessage[];
}

/** CoAP protected by OSCORE, in datagrams. */
export async function oscoreWire(port: number, proof: OscoreProof): Promise<OscoreWire> {
  const datagrams = await udpWire(port);
  const { secret, senderId, recipientId, salt = '', aead = 10, rederive = false } = proof;
  const association = new OscoreAssociation({
    parameters: {
      masterSecret: createSecretKey(Buffer.from(secret, 'hex')),
      masterSalt: Buffer.from(salt, 'hex'),
      senderId: Buffer.from(senderId, 'hex'),
      recipientId: Buffer.from(recipientId, 'hex'),
      aead,
      hkdf: 5,
    },
    numbers: { next: 0, limit: 2 ** 20, block: 0 },
    received: 'none',
    rederive,
    random: (n) => randomBytes(n),
  });
  const received: CoapMessage[] = [];
  const flush = () => {
    for (const effect of association.drain()) {
      if (effect.kind === 'send') datagrams.send(effect.datagram);
      else if (effect.kind === 'received') wire.onBytes(effect.datagram);
    }
  };
  const wire: OscoreWire = {
    received,
    stream: false,
    onBytes: () => {},
    closed: datagrams.closed,
    send: (bytes) => {
      association.send(bytes);
      flush();
    },
    close: () => datagrams.close(),
  };
  datagrams.onBytes = (bytes) => {
    const decoded = decodeMessage(bytes);
    if (!decoded.ok) return;
    received.push(decoded.message);
    association.receive(bytes, decoded.message);
    flush();
  };
  return wire;
}
