import { randomBytes } from 'node:crypto';

/** Randomness by which a client that lost its connection comes back early in the time that it has to. */
export const impatient = (n: number): Buffer => (n === 2 ? Buffer.from([0x10, 0]) : randomBytes(n));
