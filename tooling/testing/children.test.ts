import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { spawnChild } from './children.ts';

/** A process with a child and a grandchild that hold its stdout open, which therefore closes with the last of them. */
const parent = `
  import { spawnChild } from ${JSON.stringify(new URL('./children.ts', import.meta.url).href)};
  const child = spawnChild('sh', ['-c', 'sleep 600 & echo ready; wait'], { stdio: ['ignore', 'inherit', 'ignore'] });
`;

it.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)('ends children when %s ends their parent', async (signal) => {
  const { stdout, ...child } = spawn(process.execPath, ['--input-type=module', '-e', parent]);
  await once(stdout, 'data');
  process.kill(child.pid ?? 0, signal);
  await once(stdout, 'close');
});

it('lets a process end whose children ended', async () => {
  const ended = `${parent} child.kill(); child.once('exit', () => console.log('left alone'));`;
  const outer = spawnChild(process.execPath, ['--input-type=module', '-e', ended.replace('sleep 600 & ', '')]);
  const [code] = await once(outer, 'exit');
  expect(code).toBe(0);
});
