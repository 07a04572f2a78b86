import type { CommandCost, CommandOperation, Waiting } from '@reeve/contract';
import type { LwM2mPath } from '@reeve/lwm2m';
import { ReeveError } from '../errors.ts';
import type { LinkOperation } from '../link/port.ts';
import { sizeOf } from '../link/size.ts';
import { datagramHeaders } from '../pacing/cost.ts';
import { carrierOf, type Device } from '../registry/fleet.ts';
import { knownOf } from '../registry/terms.ts';
import type { Row } from '../store/tables.ts';
import type { Models } from '../telemetry/models.ts';
import { linkOperationOf } from './operation.ts';

/** What is asked about, and what is known that decides it. */
interface Question {
  readonly operation: CommandOperation;
  readonly device: Device;
  readonly models: Models;
  readonly values: readonly Row<'values'>[];
  /** The requests that an operation takes on the device. */
  readonly requestsFor: (device: Device, operation: LinkOperation) => readonly LinkOperation[];
  /** Why nothing can be sent to the device now. */
  readonly waiting: Waiting | undefined;
}

/**
 * What a command would cost the device, by what it registered and what it last told.
 * @throws ReeveError `wrong-state` if it never registered, `invalid-value`
 */
export function costOf({ operation, device, models, values, requestsFor, waiting }: Question): CommandCost {
  const { registration } = device;
  if (!registration)
    throw new ReeveError('wrong-state', 'The device has not registered yet: nobody knows what it takes');
  const { version, offer, refusedFormats } = knownOf(registration);
  const addressee = { version, offer, definitionOf: (path: LwM2mPath) => models.resourceAt(path, registration) };
  const sizes = requestsFor(device, linkOperationOf(operation, models, registration)).map((request) => {
    const size = sizeOf(request, addressee, new Set(refusedFormats), values);
    if (typeof size === 'string') throw new ReeveError('invalid-value', size);
    return size;
  });
  const [messages, bytes] = [sum(sizes.map((size) => size.messages)), sum(sizes.map((size) => size.bytes))];
  const answers = sizes.flatMap((size) => size.answerBytes ?? []);
  const unread = sizes.flatMap((size) => size.unread);
  const answerBytes = answers.length === 0 ? undefined : sum(answers);
  return {
    bytes: bytes + messages * datagramHeaders(carrierOf(device).session),
    datagrams: messages,
    wakeUps: waiting?.reason === 'asleep' ? 1 : 0,
    ...(answerBytes === undefined ? {} : { answerBytes }),
    ...(unread.length === 0 ? {} : { unread }),
    ...(waiting === undefined ? {} : { waiting }),
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
