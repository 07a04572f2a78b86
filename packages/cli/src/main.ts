import { runCli } from './cli.ts';
import { openTerminal } from './terminal.ts';

// A server that failed to start may have left threads: they end with the process.
process.exit(await runCli(process.argv.slice(2), openTerminal()));
