/**
 * Holds back the sync of every commit while it is shut, so that a test can look at what happens before data is durable.
 */
export interface CommitGate {
  readonly memory: SharedArrayBuffer;
  shut(): void;
  open(): void;
}

export function commitGate(): CommitGate {
  const memory = new SharedArrayBuffer(4);
  const state = new Int32Array(memory);
  return {
    memory,
    shut: () => {
      Atomics.store(state, 0, 1);
    },
    open: () => {
      Atomics.store(state, 0, 0);
      Atomics.notify(state, 0);
    },
  };
}

/** Blocks the calling thread until the gate is open. */
export function waitAt(memory: SharedArrayBuffer): void {
  const state = new Int32Array(memory);
  while (Atomics.load(state, 0) === 1) Atomics.wait(state, 0, 1);
}
