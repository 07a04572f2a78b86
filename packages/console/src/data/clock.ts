import { useSyncExternalStore } from 'react';

/** One clock for every age on the page: a single timer, and only while something shows an age. */
const TICK = 1000;
const listeners = new Set<() => void>();
let now = Date.now();
let timer: number | undefined;

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) {
    now = Date.now();
    timer = window.setInterval(() => {
      now = Date.now();
      for (const notify of listeners) notify();
    }, TICK);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) window.clearInterval(timer);
  };
}

/** The current time in ms, renewed every second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}
