import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { describe, expect, it } from 'vitest';
import { openBatched } from './batched.ts';
import { Hosts } from './hosts.ts';
import { type Libc, loadLibc } from './libc.ts';
import { Messages, nameLayout } from './messages.ts';
import type { Datagram, DatagramSocket, OpenDatagramSocket } from './port.ts';
import { openSingle } from './single.ts';

const libc = await loadLibc();
if (!libc && process.env.CI) throw new Error('CI must have the C library, by the optional dependency koffi');
if (!libc) process.stdout.write('skipped: tests that need the C library, which is not reached here\n');

const ways: [string, OpenDatagramSocket][] = [['single', openSingle]];
if (libc) ways.push(['batched', openBatched(libc)]);

/** A socket with all that it received, and what waits for it. */
class Ear {
  readonly heard: Datagram[] = [];
  /** How many came at a time. */
  readonly batches: number[] = [];
  #waiting: { count: number; done: () => void } | undefined;

  take(datagrams: readonly Datagram[]): void {
    this.heard.push(...datagrams);
    this.batches.push(datagrams.length);
    if (this.#waiting && this.heard.length >= this.#waiting.count) this.#waiting.done();
  }

  until(count: number): Promise<void> {
    return new Promise((done) => {
      if (this.heard.length >= count) done();
      else this.#waiting = { count, done };
    });
  }
}

/** A peer that is a plain socket of Node. */
async function peer(host: string): Promise<{ socket: Socket; ear: Ear; port: number }> {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  const ear = new Ear();
  socket.on('message', (bytes, from) => ear.take([{ host: from.address, port: from.port, bytes }]));
  socket.bind(0, host);
  await once(socket, 'listening');
  return { socket, ear, port: socket.address().port };
}

function numbered(count: number): Buffer[] {
  return Array.from({ length: count }, (_, number) => Buffer.from(`datagram ${number}`));
}

function texts(ear: Ear): string[] {
  return ear.heard.map(({ bytes }) => Buffer.from(bytes).toString());
}

describe.each(ways)('sockets, %s', (_, open) => {
  describe.each(['127.0.0.1', '::1'])('on %s', (host) => {
    async function met(): Promise<{ server: DatagramSocket; ear: Ear; device: Awaited<ReturnType<typeof peer>> }> {
      const ear = new Ear();
      const server = await open({ host, port: 0 }, (datagrams) => ear.take(datagrams));
      const device = await peer(host);
      // The second is behind the first when that is read.
      for (const bytes of ['hello', 'again']) device.socket.send(bytes, server.port, host);
      await ear.until(2);
      ear.heard.length = 0;
      return { server, ear, device };
    }

    async function over({ server, device }: Awaited<ReturnType<typeof met>>): Promise<void> {
      device.socket.close();
      await server.close();
    }

    it('receives what comes at once in order, with the sender of each', async () => {
      const all = await met();
      const other = await peer(host);
      for (const [number, bytes] of numbered(150).entries()) {
        (number % 2 === 0 ? all.device : other).socket.send(bytes, all.server.port, host);
      }
      await all.ear.until(150);
      expect(texts(all.ear)).toEqual(numbered(150).map(String));
      const ports = all.ear.heard.map((datagram) => datagram.port);
      expect(ports).toEqual(numbered(150).map((_bytes, number) => (number % 2 === 0 ? all.device : other).port));
      expect(new Set(all.ear.heard.map((datagram) => datagram.host))).toEqual(new Set([host]));
      other.socket.close();
      await over(all);
    });

    it('keeps what it received although more comes', async () => {
      const all = await met();
      for (const bytes of numbered(3)) all.device.socket.send(bytes, all.server.port, host);
      await all.ear.until(3);
      for (const bytes of numbered(6)) all.device.socket.send(`other ${bytes}`, all.server.port, host);
      await all.ear.until(9);
      expect(texts(all.ear).slice(0, 3)).toEqual(numbered(3).map(String));
      await over(all);
    });

    it('sends to several peers, in order', async () => {
      const all = await met();
      const other = await peer(host);
      for (const bytes of numbered(150)) {
        all.server.send(host, all.device.port, bytes);
        all.server.send(host, other.port, bytes);
      }
      await Promise.all([all.device.ear.until(150), other.ear.until(150)]);
      expect(texts(all.device.ear)).toEqual(numbered(150).map(String));
      expect(texts(other.ear)).toEqual(numbered(150).map(String));
      expect(new Set(other.ear.heard.map(({ port }) => port))).toEqual(new Set([all.server.port]));
      other.socket.close();
      await over(all);
    });

    it('has sent what the caller writes over', async () => {
      const all = await met();
      const bytes = Buffer.from('first');
      all.server.send(host, all.device.port, bytes);
      bytes.fill(0);
      await all.device.ear.until(1);
      expect(texts(all.device.ear)).toEqual(['first']);
      await over(all);
    });

    it.each([0, 1, 2048, 2049, 20_000])('carries %i octets in both directions', async (length) => {
      const all = await met();
      const bytes = Buffer.alloc(length, 'x');
      for (let count = 0; count < 2; count++) all.device.socket.send(bytes, all.server.port, host);
      await all.ear.until(2);
      for (const heard of all.ear.heard) all.server.send(heard.host, heard.port, heard.bytes);
      await all.device.ear.until(2);
      expect(texts(all.device.ear)).toEqual([String(bytes), String(bytes)]);
      await over(all);
    });

    it('sends what was handed over before it was closed, and nothing after', async () => {
      const all = await met();
      all.server.send(host, all.device.port, Buffer.from('last words'));
      const closed = all.server.close();
      all.server.send(host, all.device.port, Buffer.from('too late'));
      await closed;
      all.server.send(host, all.device.port, Buffer.from('too late'));
      all.device.socket.send('end', all.device.port, host);
      await all.device.ear.until(2);
      expect(texts(all.device.ear)).toEqual(['last words', 'end']);
      all.device.socket.close();
    });

    it('says why an address cannot be bound', async () => {
      const { port, socket } = await peer(host);
      await expect(open({ host, port }, () => {})).rejects.toThrow(`bind EADDRINUSE ${host}:${port}`);
      socket.close();
    });
  });

  it('is deaf to IPv4 on an address of IPv6', async () => {
    const ear = new Ear();
    const server = await open({ host: '::', port: 0 }, (datagrams) => ear.take(datagrams));
    const [four, six] = [await peer('127.0.0.1'), await peer('::1')];
    four.socket.send('four', server.port, '127.0.0.1');
    six.socket.send('six', server.port, '::1');
    await ear.until(1);
    expect(texts(ear)).toEqual(['six']);
    four.socket.close();
    six.socket.close();
    await server.close();
  });
});

it.runIf(libc)('reads what waits behind a datagram together with it', async () => {
  const ear = new Ear();
  const server = await openBatched(libc as Libc)({ host: '127.0.0.1', port: 0 }, (datagrams) => ear.take(datagrams));
  const device = await peer('127.0.0.1');
  // The kernel delivers on this machine while it sends: all are there before the event loop turns.
  for (const bytes of numbered(100)) device.socket.send(bytes, server.port, '127.0.0.1');
  await ear.until(100);
  expect(ear.batches).toEqual([65, 35]);
  device.socket.close();
  await server.close();
});

it.runIf(libc).each([-1, 0, 1, 3])(
  'sends one by one what the kernel did not take when it took %i of 5',
  async (taken) => {
    const real = libc as Libc;
    const sendmmsg: Libc['sendmmsg'] = (fd, messages, count, flags) =>
      taken > 0 ? real.sendmmsg(fd, messages, Math.min(count, taken), flags) : taken;
    const ear = new Ear();
    const server = await openBatched({ ...real, sendmmsg })({ host: '127.0.0.1', port: 0 }, (all) => ear.take(all));
    const device = await peer('127.0.0.1');
    for (const bytes of numbered(2)) device.socket.send(bytes, server.port, '127.0.0.1');
    await ear.until(2);
    for (const bytes of numbered(5)) server.send('127.0.0.1', device.port, bytes);
    await device.ear.until(5);
    expect(texts(device.ear)).toEqual(numbered(5).map(String));
    device.socket.close();
    await server.close();
  },
);

describe('memory that the kernel reads and writes', () => {
  /** The layout that recvmmsg(2) has on 64-bit Linux, at the address 0x10000. */
  const fake = { addressOf: () => 0x10000n } as unknown as Libc;

  it('has a header, a vector and a name for each datagram of IPv4', () => {
    const messages = new Messages(fake, nameLayout(false), 2, 16);
    messages.write(1, Uint8Array.of(192, 0, 2, 1), 5683, Uint8Array.of(1, 2, 3));
    const header = (name: string, vector: string) =>
      `${name}00010000000000 1000000000000000 ${vector}00010000000000 0100000000000000 ${'00'.repeat(32)}`;
    const expected = [
      header('a0', '80'),
      header('c0', '90'),
      'e000010000000000 1000000000000000',
      'f000010000000000 0300000000000000',
      `0200${'00'.repeat(30)}`,
      `02001633c0000201${'00'.repeat(24)}`,
      '00'.repeat(16),
      `010203${'00'.repeat(13)}`,
    ];
    expect(messages.memory.toString('hex')).toBe(expected.join('').replaceAll(' ', ''));
  });

  it('has the scope of an address of IPv6 behind it', () => {
    const messages = new Messages(fake, nameLayout(true), 1, 16);
    const address = Buffer.from(`fe80${'00'.repeat(13)}0103000000`, 'hex');
    messages.write(0, address, 5684, Uint8Array.of(1));
    expect(messages.memory.subarray(80, 112).toString('hex')).toBe(
      `0a00163400000000fe80${'00'.repeat(13)}01${'03000000'}00000000`,
    );
    expect(Buffer.from(messages.address(0), 'latin1')).toEqual(address);
    expect(messages.port(0)).toBe(5684);
  });
});

describe.runIf(libc)('hosts', () => {
  const bytes = (hex: string) => Buffer.from(hex, 'hex').toString('latin1');

  it.each([
    [false, 'c0000201', '192.0.2.1'],
    [true, `20010db8${'00'.repeat(11)}0100000000`, '2001:db8::1'],
    [true, `fe80${'00'.repeat(13)}01ffffff7f`, 'fe80::1%2147483647'],
  ])('are shown as inet_ntop does, and found again', (ipv6, hex, text) => {
    const hosts = new Hosts(libc as Libc, nameLayout(ipv6));
    expect(hosts.address(text)).toBeUndefined();
    expect(hosts.text(bytes(hex))).toBe(text);
    expect(Buffer.from(hosts.address(text) ?? []).toString('hex')).toBe(hex);
  });

  it('are forgotten before there are too many', () => {
    const hosts = new Hosts(libc as Libc, nameLayout(false));
    const nth = (number: number) => bytes(number.toString(16).padStart(8, '0'));
    for (let number = 0; number <= 8192; number++) hosts.text(nth(number));
    expect(hosts.address('0.0.0.0')).toBeUndefined();
    expect(hosts.address('0.0.32.0')).toBeDefined();
  });
});
