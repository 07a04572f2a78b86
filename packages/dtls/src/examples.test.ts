/** The examples run, and the README shows them as they are. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, it } from 'vitest';
import { killGroup, spawnChild } from '../../../tooling/testing/children.ts';

const FOLDER = join(import.meta.dirname, '../examples');
const children: ReturnType<typeof spawnChild>[] = [];
afterAll(() => children.forEach(killGroup));

/** Starts an example. @returns the first line that it prints */
function firstLineOf(file: string, ...args: readonly string[]): Promise<string> {
  const child = spawnChild(process.execPath, [join(FOLDER, file), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const { stdout } = child;
  if (stdout === null) throw new Error(`${file} has no output`);
  return new Promise((resolve, reject) => {
    createInterface({ input: stdout }).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code}`)));
  });
}

describe('the examples', () => {
  it('speak to each other', async () => {
    const listening = await firstLineOf('server.ts', '0');
    expect(await firstLineOf('client.ts', listening.replace('port ', ''))).toBe('hello');
  });

  it.each(['server.ts', 'client.ts'])('stand in the README: %s', (file) => {
    const readme = readFileSync(join(FOLDER, '../README.md'), 'utf8');
    // Without the comment that says how to run it.
    const [, ...lines] = readFileSync(join(FOLDER, file), 'utf8').split('\n');
    expect(readme).toContain(`\`\`\`ts\n${lines.join('\n')}\`\`\``);
  });
});
