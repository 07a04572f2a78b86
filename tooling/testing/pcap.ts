/** A UDP datagram over IPv4, as a capture shows it. */
export interface CapturedDatagram {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly from: { readonly host: string; readonly port: number };
  readonly to: { readonly host: string; readonly port: number };
  readonly payload: Uint8Array;
}

/** Records begin at the IP header (LINKTYPE_RAW of the pcap format). */
const LINKTYPE_RAW = 101;
const IP_HEADER = 20;
const UDP_HEADER = 8;
const UDP = 17;

/** Datagrams as a file of the pcap format, for programs that read captures. */
export function pcapOf(datagrams: readonly CapturedDatagram[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(0xffff, 16);
  header.writeUInt32LE(LINKTYPE_RAW, 20);
  return Buffer.concat([header, ...datagrams.flatMap(recordOf)]);
}

function recordOf(datagram: CapturedDatagram): Buffer[] {
  const packet = packetOf(datagram);
  const header = Buffer.alloc(16);
  header.writeUInt32LE(Math.floor(datagram.at / 1000), 0);
  header.writeUInt32LE(Math.floor((datagram.at % 1000) * 1000), 4);
  header.writeUInt32LE(packet.length, 8);
  header.writeUInt32LE(packet.length, 12);
  return [header, packet];
}

function packetOf({ from, to, payload }: CapturedDatagram): Buffer {
  const headers = Buffer.alloc(IP_HEADER + UDP_HEADER);
  headers[0] = 0x45;
  headers.writeUInt16BE(headers.length + payload.length, 2);
  headers[8] = 64;
  headers[9] = UDP;
  headers.set(from.host.split('.').map(Number), 12);
  headers.set(to.host.split('.').map(Number), 16);
  headers.writeUInt16BE(checksum(headers.subarray(0, IP_HEADER)), 10);
  headers.writeUInt16BE(from.port, 20);
  headers.writeUInt16BE(to.port, 22);
  // A UDP checksum of 0 says that there is none (RFC 768).
  headers.writeUInt16BE(UDP_HEADER + payload.length, 24);
  return Buffer.concat([headers, payload]);
}

/** The Internet checksum (RFC 1071) of an even number of octets. */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
