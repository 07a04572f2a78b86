/** One system call of a traced process; `started` and `ended` are positions in the order in which they happened. */
export interface SystemCall {
  readonly name: string;
  /** What its first file descriptor stands for. */
  readonly file: string;
  /** Contents of its buffers. */
  readonly buffers: readonly Uint8Array[];
  readonly started: number;
  readonly ended: number;
}

/** What strace must be told so that `systemCalls` can read its output: all threads, files by name, bytes in hex. */
export function straceCommand(outputFile: string, calls: readonly string[]): string[] {
  return ['strace', '-f', '-yy', '-tt', '-xx', '-s', '64', '-e', `trace=${calls.join()}`, '-o', outputFile];
}

/**
 * Reads strace's output. A traced thread stands still at the beginning and at the end of a call until its line is
 * written, so that the order of lines is the order of what they tell. Unfinished calls are left out.
 */
export function systemCalls(output: string): SystemCall[] {
  const calls: SystemCall[] = [];
  const unfinished = new Map<string, { text: string; started: number }>();
  for (const [position, line] of output.split('\n').entries()) {
    const [, thread = '', text = ''] = /^(\d+) +[\d:.]+ (.*)$/.exec(line) ?? [];
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(text);
    if (text.endsWith('<unfinished ...>')) {
      unfinished.set(thread, { text: text.slice(0, -'<unfinished ...>'.length), started: position });
    } else if (resumed) {
      const begun = unfinished.get(thread);
      unfinished.delete(thread);
      if (begun) calls.push(...read(begun.text + resumed[1], begun.started, position));
    } else {
      calls.push(...read(text, position, position));
    }
  }
  return calls;
}

/** A call in one line. strace puts a blank after the last argument of one that was unfinished for a while. */
function read(text: string, started: number, ended: number): SystemCall[] {
  const [, name, file] = /^(\w+)\(\d+<(.*?)> ?[,)]/.exec(text) ?? [];
  if (name === undefined || file === undefined) return [];
  const buffers = [...text.matchAll(/iov_base="([^"]*)"/g)].map(([, bytes = '']) => fromHex(bytes));
  return [{ name, file: /^(\\x[0-9a-f]{2})+$/.test(file) ? fromHex(file).toString() : file, buffers, started, ended }];
}

function fromHex(escaped: string): Buffer {
  return Buffer.from(escaped.replaceAll('\\x', ''), 'hex');
}
