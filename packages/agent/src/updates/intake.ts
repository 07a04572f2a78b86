import type { Part, PartOutcome } from '../resource.ts';
import type { PackageFault, PackageSink } from './fault.ts';

/** What is remembered of the package under way, beside its bytes. */
export interface IntakeMemory {
  /** Where it is fetched from; empty when the server brings it. */
  readonly uri: string;
  /** What its parts have in common: the server's Request-Tag or the ETag of what is fetched, in hex. */
  readonly tag: string;
}

export const NO_PACKAGE: IntakeMemory = { uri: '', tag: '' };

/** What has to do with the progress of a package. */
export interface IntakeUser {
  /** Whether a package may come now. */
  isOpen(): boolean;
  /** One begins. */
  begun(memory: IntakeMemory): void;
  /** All of it is here; undefined: and it is good. */
  ended(fault: PackageFault | undefined): void;
}

/** A package on its way into a sink, in order and without gaps: brought by a server in parts, or fetched. */
export class PackageIntake {
  readonly #sink: PackageSink;
  readonly #user: IntakeUser;
  #memory: IntakeMemory;
  /** Whether a package is under way. */
  #isOpen: boolean;

  /** @param memory of a package that was under way before a restart */
  constructor(sink: PackageSink, user: IntakeUser, memory: IntakeMemory | undefined) {
    this.#sink = sink;
    this.#user = user;
    this.#memory = memory ?? NO_PACKAGE;
    this.#isOpen = memory !== undefined;
  }

  /** What the device should fetch next; undefined when it has nothing to fetch. */
  get wanted(): { readonly uri: string; readonly offset: number; readonly tag: string } | undefined {
    const { uri, tag } = this.#memory;
    return this.#isOpen && uri !== '' ? { uri, offset: this.#sink.length(), tag } : undefined;
  }

  /** Forgets the package. */
  stop(): void {
    this.#isOpen = false;
    this.#memory = NO_PACKAGE;
  }

  /** A part from a server (RFC 7959 §2.5): number 0 begins a package, others have to be those that come next. */
  take({ offset, bytes, more, size, tag }: Part): PartOutcome {
    if (!this.#user.isOpen()) return 'busy';
    if (offset === 0) this.#begin({ uri: '', tag }, size);
    else if (!this.#isOpen || this.#memory.uri !== '' || this.#memory.tag !== tag) return 'gap';
    if (!this.#isOpen) return 'taken';
    const length = this.#sink.length();
    if (offset > length) return 'gap';
    // What is here already was sent again, because our answer to it was lost.
    const fresh = bytes.subarray(length - offset);
    if (fresh.length > 0 || !more) this.#append(fresh, !more);
    return 'taken';
  }

  /** A whole package in one message. */
  takeWhole(bytes: Uint8Array): void {
    this.take({ offset: 0, bytes, more: false, size: bytes.length, tag: '' });
  }

  /** The device is to fetch the package itself. */
  fetch(uri: string): void {
    this.#begin({ uri, tag: '' }, undefined);
  }

  /** What is fetched turns out to be another one than before: it begins anew. */
  fetchAnew(tag: string, size: number | undefined): void {
    if (this.wanted !== undefined) this.#begin({ uri: this.#memory.uri, tag }, size);
  }

  /** Bytes that were fetched, the next ones. */
  fetched(bytes: Uint8Array, isLast: boolean): void {
    if (this.wanted !== undefined) this.#append(bytes, isLast);
  }

  /** It can't be had. */
  fail(fault: PackageFault): void {
    if (this.#isOpen) this.#end(fault);
  }

  #begin(memory: IntakeMemory, size: number | undefined): void {
    this.#isOpen = true;
    this.#memory = memory;
    this.#user.begun(memory);
    const fault = this.#sink.begin(size);
    if (fault !== undefined) this.#end(fault);
  }

  #append(bytes: Uint8Array, isLast: boolean): void {
    const fault = this.#sink.append(bytes) ?? (isLast ? this.#sink.verify() : undefined);
    if (fault !== undefined || isLast) this.#end(fault);
  }

  #end(fault: PackageFault | undefined): void {
    this.stop();
    this.#user.ended(fault);
  }
}
