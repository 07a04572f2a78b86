import { LineProgram } from '../line-program.ts';
import { aiocoapCommand } from './build.ts';

/** A running peer on aiocoap. */
export type AiocoapProgram = LineProgram;
export const AiocoapProgram = {
  /** Starts it and waits until it is ready. Its options stand in README.md. */
  start: (options: readonly string[]): Promise<LineProgram> => LineProgram.start([...aiocoapCommand(), ...options]),
};
