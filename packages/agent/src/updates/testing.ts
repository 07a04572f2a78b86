/** A sink in memory for tests, with a fault where a test wants one. */

import type { PackageFault, PackageSink } from './fault.ts';

export class MemorySink implements PackageSink {
  bytes: Uint8Array = new Uint8Array(0);
  /** Sizes of the packages that began. */
  readonly begun: (number | undefined)[] = [];
  faults: { begin?: PackageFault; append?: PackageFault; verify?: PackageFault } = {};

  length(): number {
    return this.bytes.length;
  }

  begin(size: number | undefined): PackageFault | undefined {
    this.begun.push(size);
    this.bytes = new Uint8Array(0);
    return this.faults.begin;
  }

  append(bytes: Uint8Array): PackageFault | undefined {
    this.bytes = Buffer.concat([this.bytes, bytes]);
    return this.faults.append;
  }

  verify(): PackageFault | undefined {
    return this.faults.verify;
  }
}
