import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import type { SendEffect } from './effects.ts';
import { WakeQueue } from './wake-queue.ts';

/** What the runner runs: the client itself, or something around it. */
export interface Engine<Event extends { readonly kind: string }> {
  /** Where it begins: `coap://host:port` or `coaps://host:port`; the port may be left out. */
  readonly serverUri: string;
  receive(datagram: Uint8Array, now: number): void;
  tick(now: number): void;
  nextWakeAt(): number | undefined;
  drain(): readonly (SendEffect | Event)[];
}

/** An engine that runs. */
export interface RunningEngine {
  /** Gives the engine an input, and carries out what it then wants. */
  run(input: (now: number) => void): void;
  /** Closes its socket; the engine hears and says no more. */
  close(): void;
}

/** Datagrams that wait for a socket to another server; what comes beyond is lost, as datagrams are. */
const WAITING_DATAGRAMS = 8;

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'coap:': 5683, 'coaps:': 5684 };

/** setTimeout takes no longer waits. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

/**
 * Runs engines over UDP in real time: one connected socket for each, as small devices have, and one timer for all.
 */
export class UdpRunner<Event extends { readonly kind: string }> {
  readonly #running = new Set<Runner<Event>>();
  readonly #wakes = new WakeQueue<Runner<Event>>();
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;

  /**
   * Opens the socket of an engine.
   *
   * @param onEvent gets every effect but `send`
   * @throws TypeError for a URI that is none, or Error when the host can't be resolved or reached
   */
  async add(engine: Engine<Event>, onEvent: (effect: Event, now: number) => void): Promise<RunningEngine> {
    const socket = await connect(engine.serverUri);
    const runner = new Runner(engine, socket, onEvent, this);
    this.#running.add(runner);
    return runner;
  }

  /** Closes all sockets. */
  close(): void {
    for (const runner of this.#running) runner.close();
    clearTimeout(this.#timer);
    this.#timerAt = Number.POSITIVE_INFINITY;
  }

  /** Plans the next tick of a runner. */
  schedule(runner: Runner<Event>, wakeAt: number | undefined): void {
    if (wakeAt === undefined) return;
    this.#wakes.plan(runner, wakeAt);
    this.#setTimer();
  }

  /** A runner has closed. */
  forget(runner: Runner<Event>): void {
    this.#running.delete(runner);
  }

  #setTimer(): void {
    const at = this.#wakes.nextAt();
    if (at === undefined || at >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    const wait = Math.min(LONGEST_WAIT_MS, Math.max(0, Math.ceil(at - performance.now())));
    this.#timer = setTimeout(() => this.#wake(), wait);
  }

  #wake(): void {
    this.#timerAt = Number.POSITIVE_INFINITY;
    const now = performance.now();
    for (let due = this.#wakes.pop(now); due !== undefined; due = this.#wakes.pop(now)) due.tick();
    this.#setTimer();
  }
}

class Runner<Event extends { readonly kind: string }> implements RunningEngine {
  readonly #engine: Engine<Event>;
  /** The server that the socket leads to. */
  #uri: string;
  #socket: Socket | undefined;
  /** For a server to which no socket leads yet. */
  #waiting: Uint8Array[] = [];
  readonly #onEvent: (effect: Event, now: number) => void;
  readonly #owner: UdpRunner<Event>;
  #open = true;

  constructor(
    engine: Engine<Event>,
    socket: Socket,
    onEvent: (effect: Event, now: number) => void,
    owner: UdpRunner<Event>,
  ) {
    this.#engine = engine;
    this.#uri = engine.serverUri;
    this.#onEvent = onEvent;
    this.#owner = owner;
    this.#use(socket);
  }

  run(input: (now: number) => void): void {
    if (!this.#open) return;
    const now = performance.now();
    input(now);
    for (let effects = this.#engine.drain(); effects.length > 0; effects = this.#engine.drain()) {
      for (const effect of effects) {
        if (isSend(effect)) this.#send(effect);
        else this.#onEvent(effect, now);
      }
    }
    this.#owner.schedule(this, this.#engine.nextWakeAt());
  }

  tick(): void {
    this.run((now) => this.#engine.tick(now));
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#socket?.close();
    this.#owner.forget(this);
  }

  #use(socket: Socket): void {
    this.#socket = socket;
    socket.on('message', (datagram) => this.run((now) => this.#engine.receive(datagram, now)));
  }

  #send({ to, datagram }: SendEffect): void {
    if (!this.#open) return;
    if (to !== this.#uri) this.#turnTo(to);
    if (this.#socket !== undefined) this.#socket.send(datagram);
    else if (this.#waiting.length < WAITING_DATAGRAMS) this.#waiting.push(datagram);
  }

  /** Leaves one server for another. A server that can't be reached is one that does not answer. */
  #turnTo(uri: string): void {
    this.#socket?.close();
    this.#socket = undefined;
    this.#uri = uri;
    this.#waiting = [];
    connect(uri).then(
      (socket) => {
        if (!this.#open || this.#uri !== uri) return void socket.close();
        this.#use(socket);
        for (const datagram of this.#waiting.splice(0)) socket.send(datagram);
      },
      () => {
        // The next datagram tries again.
        if (this.#uri === uri) this.#uri = '';
      },
    );
  }
}

function isSend<Event extends { readonly kind: string }>(effect: SendEffect | Event): effect is SendEffect {
  return effect.kind === 'send';
}

async function connect(serverUri: string): Promise<Socket> {
  const { protocol, hostname, port } = new URL(serverUri);
  const { address, family } = await lookup(hostname.replace(/^\[|\]$/g, ''));
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  socket.connect(Number(port) || (DEFAULT_PORTS[protocol] ?? 5683), address);
  await once(socket, 'connect');
  // From now on a refused datagram is a lost one: the engine's timers deal with it.
  socket.on('error', () => {});
  return socket;
}
