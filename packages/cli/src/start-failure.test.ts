import { describe, expect, it } from 'vitest';
import { startFailure } from './start-failure.ts';

describe('why a server does not start', () => {
  it.each([
    ['cannot open ./d/reeve.db: database is locked', 'Another server uses ./d', '--data'],
    [
      'cannot listen on coaps://0.0.0.0:5684: bind EADDRINUSE 0.0.0.0:5684',
      'Port 5684 of 0.0.0.0 is taken',
      '--coaps-port',
    ],
    ['cannot listen on coaps://[::]:5684: bind EADDRINUSE :::5684', 'Port 5684', '--coaps-port'],
    ['listen EADDRINUSE: address already in use 127.0.0.1:8080', 'Port 8080 of 127.0.0.1 is taken', '--http-port'],
    ['cannot listen on coap://[::]:5683: bind EADDRINUSE :::5683', 'Port 5683', '--coap-port'],
    ["cannot open ./d/reeve.db: the file's schema is not this release's: locks.dueAt", 'locks.dueAt', '--data'],
    ['something else', 'something else', ''],
  ])('%s', (message, text, hint) => {
    const failure = startFailure(new Error(message), './d');
    expect(failure.message).toContain(text);
    expect(failure.hint ?? '').toContain(hint);
  });
});
