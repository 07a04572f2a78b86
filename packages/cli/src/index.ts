export { runCli } from './cli.ts';
export { exitCodes } from './exit-codes.ts';
export type { Terminal } from './terminal.ts';
