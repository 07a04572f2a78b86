import { Failure } from './failure.ts';

/** Why a server did not start, in words and with the next step. */
export function startFailure(thrown: unknown, data: string): Failure {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (/database is locked/.test(message)) {
    return new Failure(
      'failed',
      `Another server uses ${data}`,
      'Stop that one, or start this one with --data, --http-port and --coaps-port of its own',
    );
  }
  const taken = /EADDRINUSE.*?([^\s]+):(\d+)$/.exec(message);
  if (taken) {
    const option = /coaps:/.test(message)
      ? '--coaps-port N'
      : /coap:/.test(message)
        ? '--coap-port N'
        : '--http-port N';
    return new Failure(
      'failed',
      `Port ${taken[2]} of ${taken[1]} is taken`,
      `Stop what uses it, or start with ${option}`,
    );
  }
  if (/EACCES/.test(message)) {
    return new Failure('failed', message, 'Choose a port above 1023, or a folder that you may write');
  }
  if (/no sealing key/.test(message)) {
    return new Failure(
      'failed',
      message,
      'Bring that key, or name its file by --sealing-key FILE; if it is lost, see docs/operations.md, "Files"',
    );
  }
  if (/schema is not this release's/.test(message)) {
    return new Failure('failed', message, 'Start the release that wrote it, or start anew with another --data FOLDER');
  }
  return new Failure('failed', message);
}
