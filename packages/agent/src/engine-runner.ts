import type { ServerAddress, WireEffect } from './effects.ts';
import { TcpWire } from './tcp-wire.ts';
import { transportOf } from './transports.ts';
import { UdpWire, type Wire } from './udp-wire.ts';
import { WakeQueue } from './wake-queue.ts';

/** What the runner runs: the client itself, or something around it. */
export interface Engine<Event extends { readonly kind: string }> {
  /** Where it begins: `coap://host:port`, or with `coaps`, `coap+tcp` or `coaps+tcp`; the port may be left out. */
  readonly addresses: readonly ServerAddress[];
  receive(securityId: number, bytes: Uint8Array, now: number): void;
  connected(securityId: number, now: number): void;
  disconnected(securityId: number, detail: string, now: number): void;
  tick(now: number): void;
  nextWakeAt(): number | undefined;
  drain(): readonly (WireEffect | Event)[];
}

/** An engine that runs. */
export interface RunningEngine {
  /** Gives the engine an input, and carries out what it then wants. */
  run(input: (now: number) => void): void;
  /** Closes its sockets and connections; the engine hears and says no more. */
  close(): void;
}

/** setTimeout takes no longer waits. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

/**
 * Runs engines over UDP and TCP in real time: one connected socket for each server of each, as small devices have, and
 * one timer for all.
 */
export class EngineRunner<Event extends { readonly kind: string }> {
  readonly #running = new Set<Runner<Event>>();
  readonly #wakes = new WakeQueue<Runner<Event>>();
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;

  /**
   * Opens the sockets of an engine that begins over UDP; connections are opened when it wants them.
   *
   * @param onEvent gets every effect that is not for the wire
   * @throws TypeError for a URI that is none, or Error when the host can't be resolved or reached
   */
  async add(engine: Engine<Event>, onEvent: (effect: Event, now: number) => void): Promise<RunningEngine> {
    const runner = new Runner(engine, onEvent, this);
    await runner.open();
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
  /** To each server, by the instance of object 0 that says where it is. */
  readonly #wires = new Map<number, Wire>();
  readonly #onEvent: (effect: Event, now: number) => void;
  readonly #owner: EngineRunner<Event>;
  #open = true;

  constructor(engine: Engine<Event>, onEvent: (effect: Event, now: number) => void, owner: EngineRunner<Event>) {
    this.#engine = engine;
    this.#onEvent = onEvent;
    this.#owner = owner;
  }

  async open(): Promise<void> {
    for (const address of this.#engine.addresses) {
      if (transportOf(address.to)?.stream) continue;
      const wire = this.#udpWire(address);
      this.#wires.set(address.securityId, wire);
      await wire.open();
    }
  }

  run(input: (now: number) => void): void {
    if (!this.#open) return;
    const now = performance.now();
    input(now);
    for (let effects = this.#engine.drain(); effects.length > 0; effects = this.#engine.drain()) {
      for (const effect of effects) {
        if (isForWire(effect)) this.#carryOut(effect);
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
    for (const wire of this.#wires.values()) wire.close();
    this.#owner.forget(this);
  }

  #carryOut(effect: WireEffect): void {
    if (!this.#open) return;
    const { securityId, to } = effect;
    const wire = this.#wires.get(securityId);
    switch (effect.kind) {
      case 'send':
        if (wire?.uri === to) wire.send(effect.datagram);
        else this.#turnTo(securityId, this.#udpWire(effect)).send(effect.datagram);
        break;
      case 'connect':
        this.#turnTo(
          securityId,
          new TcpWire(effect, {
            connected: () => this.run((now) => this.#engine.connected(securityId, now)),
            received: (bytes) => this.run((now) => this.#engine.receive(securityId, bytes, now)),
            disconnected: (detail) => this.run((now) => this.#engine.disconnected(securityId, detail, now)),
          }),
        );
        break;
      case 'disconnect':
        wire?.close();
        this.#wires.delete(securityId);
        break;
    }
  }

  #udpWire({ securityId, to }: ServerAddress): UdpWire {
    return new UdpWire(to, (datagram) => this.run((now) => this.#engine.receive(securityId, datagram, now)));
  }

  /** Leaves one server for another, or one connection for the next. */
  #turnTo(securityId: number, wire: Wire): Wire {
    this.#wires.get(securityId)?.close();
    this.#wires.set(securityId, wire);
    return wire;
  }
}

const FOR_WIRE: ReadonlySet<string> = new Set<WireEffect['kind']>(['send', 'connect', 'disconnect']);

function isForWire<Event extends { readonly kind: string }>(effect: WireEffect | Event): effect is WireEffect {
  return FOR_WIRE.has(effect.kind);
}
