import type { CommandCost, CommandOperation } from './commands.ts';

/** Characters of values beyond which a write is more than a datagram or two. */
const LARGE = 512;

/** Whether people are told what a command costs the device before it is sent. */
export function isDear(operation: CommandOperation): boolean {
  if (operation.kind === 'read-composite' || operation.kind === 'write-composite') return true;
  if (operation.kind !== 'write' && operation.kind !== 'create') return false;
  return operation.values.reduce((sum, { value }) => sum + String(value).length, 0) > LARGE;
}

/** What a command costs the device, in a line. */
export function costText({ bytes, datagrams, answerBytes, unread, wakeUps, waiting }: CommandCost): string {
  return [
    `costs ${bytes} bytes in ${datagrams === 1 ? 'one datagram' : `${datagrams} datagrams`}`,
    ...(answerBytes === undefined ? [] : [`about ${answerBytes} bytes of values come back`]),
    ...(unread === undefined ? [] : [`how long ${unread.join(', ')} will be is not known yet`]),
    ...(wakeUps === 0 ? [] : ['sent when the device wakes up next']),
    ...(waiting === undefined || wakeUps > 0 ? [] : [`waits: ${waiting.text}`]),
  ].join('; ');
}
