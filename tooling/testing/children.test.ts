import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { spawnChild } from './children.ts';

/** A process with a child that runs a shell command, and holds the stdout of its parent open. */
const parent = (command: string) => `
  import { spawnChild } from ${JSON.stringify(new URL('./children.ts', import.meta.url).href)};
  const child = spawnChild('sh', ['-c', ${JSON.stringify(command)}], { stdio: ['ignore', 'inherit', 'ignore'] });
  console.log('started');
`;

it.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)('ends children when %s ends their parent', async (signal) => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', parent('sleep 600 & wait')]);
  await once(child.stdout, 'data');
  child.kill(signal);
  // It closes with the last process that holds it.
  await once(child.stdout, 'close');
});

it('lets a process end whose children ended', async () => {
  const child = spawnChild(process.execPath, ['--input-type=module', '-e', parent('exit')]);
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
});
