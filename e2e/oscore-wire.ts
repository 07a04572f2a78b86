import { createSecretKey, randomBytes } from 'node:crypto';
import { type CoapMessage, codeKind, decodeMessage, frameOf, OscoreAssociation, readFrame } from '@reeve/coap';
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

/** CoAP protected by OSCORE, in datagrams or over a connection. */
export async function oscoreWire(port: number, proof: OscoreProof, connect = udpWire): Promise<OscoreWire> {
  const carrier = await connect(port);
  const { stream } = carrier;
  const framed = (datagram: Uint8Array) => (stream ? frameOf(datagram) : datagram);
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
      if (effect.kind === 'send') carrier.send(framed(effect.datagram));
      else if (effect.kind === 'received') wire.onBytes(framed(effect.datagram));
    }
  };
  const wire: OscoreWire = {
    received,
    stream,
    onBytes: () => {},
    closed: carrier.closed,
    send: (bytes) => {
      const datagram = stream ? messagesIn(bytes).messages[0] : bytes;
      if (datagram === undefined || isSignal(datagram)) carrier.send(bytes);
      else association.send(datagram);
      flush();
    },
    close: () => carrier.close(),
  };
  let rest = new Uint8Array(0);
  carrier.onBytes = (bytes) => {
    const { messages, left } = stream
      ? messagesIn(Buffer.concat([rest, bytes]))
      : { messages: [bytes], left: new Uint8Array(0) };
    rest = Uint8Array.from(left);
    for (const datagram of messages) {
      const decoded = decodeMessage(datagram);
      if (!decoded.ok) continue;
      received.push(decoded.message);
      if (stream && isSignal(datagram)) wire.onBytes(frameOf(datagram));
      else association.receive(datagram, decoded.message);
      flush();
    }
  };
  return wire;
}

/** Signals of a connection are not protected (RFC 8323 §5). */
const isSignal = (datagram: Uint8Array): boolean => codeKind(datagram[1] ?? 0) === 'reserved';

/** The messages in the bytes of a connection, and what is left of them. */
function messagesIn(bytes: Uint8Array): { messages: Uint8Array[]; left: Uint8Array } {
  const messages: Uint8Array[] = [];
  let at = 0;
  for (;;) {
    const frame = readFrame(bytes.subarray(at), 2 ** 20);
    if (frame.kind !== 'message') return { messages, left: bytes.subarray(at) };
    messages.push(frame.datagram);
    at += frame.length;
  }
}
