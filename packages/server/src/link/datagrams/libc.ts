import { getSystemErrorName } from 'node:util';

/** The calls of Linux's C library that Node has no way to: several datagrams at a time. Numbers below 0 are errors. */
export interface Libc {
  socket(family: number, type: number, protocol: number): number;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array, length: number): number;
  bind(fd: number, name: Uint8Array, length: number): number;
  close(fd: number): number;
  recvmmsg(fd: number, messages: Uint8Array, count: number, flags: number, timeout: null): number;
  sendmmsg(fd: number, messages: Uint8Array, count: number, flags: number): number;
  inet_pton(family: number, text: string, address: Uint8Array): number;
  inet_ntop(family: number, address: Uint8Array, text: Uint8Array, room: number): string | null;
  /** Where the bytes are in memory, for pointers within structures. They stay there as long as they live. */
  addressOf(bytes: Uint8Array): bigint;
  /** The name of the error of the last call, as `EADDRINUSE`. */
  error(): string;
}

/** Where Linux has the structures of messages.ts and the constants of batched.ts: 64 bits, the generic numbers. */
const ARCHITECTURES: readonly NodeJS.Architecture[] = ['x64', 'arm64', 'riscv64', 'loong64'];

let loading: Promise<Libc | undefined> | undefined;

/** The library, or nothing where it is another system or the optional dependency that reaches it is not installed. */
export function loadLibc(): Promise<Libc | undefined> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Libc | undefined> {
  if (process.platform !== 'linux' || !ARCHITECTURES.includes(process.arch)) return undefined;
  // It may not be installed, or find no way to the library from this build of Node.
  return import('koffi').then((module) => declare(module.default)).catch(() => undefined);
}

function declare(koffi: typeof import('koffi').default): Libc {
  // The process itself: it is linked against the library already.
  const library = koffi.load(null);
  return {
    socket: library.func('int socket(int, int, int)'),
    setsockopt: library.func('int setsockopt(int, int, int, const uint8_t *, uint32_t)'),
    bind: library.func('int bind(int, const uint8_t *, uint32_t)'),
    close: library.func('int close(int)'),
    recvmmsg: library.func('int recvmmsg(int, uint8_t *, uint32_t, int, void *)'),
    sendmmsg: library.func('int sendmmsg(int, uint8_t *, uint32_t, int)'),
    inet_pton: library.func('int inet_pton(int, const char *, uint8_t *)'),
    inet_ntop: library.func('const char *inet_ntop(int, const uint8_t *, uint8_t *, uint32_t)'),
    addressOf: (bytes) => koffi.address(bytes),
    error: () => getSystemErrorName(-koffi.errno()),
  };
}
