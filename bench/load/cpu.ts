import { readdirSync, readFileSync } from 'node:fs';

/** CPU time that all threads of a process have had, in seconds (Linux; first column of `schedstat`, nanoseconds). */
export function cpuSeconds(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  let nanoseconds = 0;
  for (const task of readdirSync(tasks)) {
    try {
      nanoseconds += Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ')[0]);
    } catch {
      // The thread has just ended.
    }
  }
  return nanoseconds / 1e9;
}
