import type { LinkOperation, RequestOutcome } from '../link/port.ts';
import type { Row } from '../store/tables.ts';
import { profileOf, read } from './objects.ts';
import type { Answer } from './steps.ts';

type UpdateRow = Row<'updates'>;

/** What a step needs beside itself. */
export interface Means {
  /** Bytes of the artifact. */
  readonly bytesAt: (offset: number, length: number) => Promise<Uint8Array>;
  /** Where the device may fetch it. */
  readonly uri: (scheme: string) => string | undefined;
}

/** The version that a device says that it runs. */
export const FIRMWARE_VERSION = '/3/0/3';
/** The argument of Uninstall that says that another version comes in its place. */
const FOR_UPDATE = '1';

/** What a step asks of the device. @throws Error if the artifact can't be read */
export async function askOf({ step, path, bytes, updateId }: UpdateRow, means: Means): Promise<LinkOperation> {
  const profile = profileOf(path);
  const write = (id: number, value: string): LinkOperation => {
    const records = [{ path: `${path}/${id}`, stored: { type: 'string', value } }];
    return { kind: 'write', mode: 'replace', path: `${path}/${id}`, records };
  };
  const execute = (id: number) => ({ kind: 'execute', path: `${path}/${id}` }) as const;
  switch (step.kind) {
    case 'checking':
    case 'downloading':
    case 'installing':
      return { kind: 'read', path };
    case 'resetting':
      if ('write' in profile.reset) return write(profile.reset.write, '');
      return { ...execute(profile.reset.execute), ...(step.installed && { arguments: FOR_UPDATE }) };
    case 'pushing': {
      const { offset, szx } = step;
      const part = await means.bytesAt(offset, 2 ** (szx + 4));
      const at = `${path}/${profile.package}`;
      return { kind: 'write-part', path: at, offset, bytes: part, size: bytes, szx, tag: tagOf(updateId) };
    }
    case 'offering':
      return write(profile.uri, means.uri(step.scheme) ?? '');
    case 'executing':
      return execute(profile.execute);
    case 'verifying':
      return { kind: 'read', path: FIRMWARE_VERSION };
    case 'activating':
      return execute(profile.activate ?? profile.execute);
  }
}

/** What the device answered; undefined if it did not, or said what can't be understood. */
export function answerOf({ step, path }: UpdateRow, outcome: RequestOutcome): Answer | undefined {
  if (outcome.kind === 'reset') return { kind: 'code', code: 0 };
  if (outcome.kind !== 'answered') return undefined;
  const { code, body, szx } = outcome;
  if (body.kind === 'records' && step.kind === 'verifying') {
    const value = body.records[0]?.stored.value;
    return { kind: 'version', version: typeof value === 'string' ? value : undefined };
  }
  const said = body.kind === 'records' ? read(path, body.records) : undefined;
  return said ? { kind: 'said', said } : { kind: 'code', code, ...(szx !== undefined && { szx }) };
}

/** What the parts of one update have in common, over restarts of the server too. */
function tagOf(updateId: string): string {
  return Buffer.from(updateId.slice(-8)).toString('hex');
}
