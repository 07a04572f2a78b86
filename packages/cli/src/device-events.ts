import type { DeviceEvent } from '@reeve/simulator';

type Records = Extract<DeviceEvent, { kind: 'written' }>['records'];
type Action = Extract<DeviceEvent, { kind: 'scenario' }>['action'];

/** What a virtual device tells, in a line for people; undefined for what happens too often to be told. */
export function describeEvent(event: DeviceEvent): string | undefined {
  switch (event.kind) {
    case 'registered':
      return `registered as /${event.location.join('/')}`;
    case 'deregistered':
      return event.acknowledged ? 'de-registered' : 'ended; the server did not acknowledge it';
    case 'failed':
      return `not registered: ${event.detail}`;
    case 'bootstrapping':
      return `asks the bootstrap server at ${event.uri}`;
    case 'bootstrapped':
      return 'has the accounts that the bootstrap server gave';
    case 'bootstrapFailed':
      return `not bootstrapped: ${event.detail}`;
    case 'purged':
      return `the time of the bootstrap account ${event.path} is over`;
    case 'disabled':
      return 'the server wants to be left alone';
    case 'reconnecting':
      return `connects again: ${event.detail}`;
    case 'observed':
      return `the server observes ${event.path}`;
    case 'unobserved':
      return `the server stopped observing ${event.path}`;
    case 'written':
      return `the server wrote ${describeRecords(event.records)}`;
    case 'created':
    case 'deleted':
      return `the server ${event.kind} ${event.path}`;
    case 'executed':
      return `the server executed ${event.path}`;
    case 'notified':
      return `told ${describeRecords(event.records)}`;
    case 'sent':
      return `sent ${event.paths.join(', ')}`;
    case 'unsent':
      return `not sent: ${event.detail}`;
    case 'refused':
      return `refused ${event.code >> 5}.${String(event.code & 31).padStart(2, '0')}: ${event.detail}`;
    case 'scenario':
      return describeAction(event.action);
    case 'forgotten':
    case 'asleep':
    case 'awake':
    case 'updated':
    case 'acknowledged':
      return undefined;
  }
}

/** Moves and levels are told by the notification that follows. */
function describeAction(action: Action): string | undefined {
  switch (action.kind) {
    case 'firmware':
      return `runs firmware ${action.version} now`;
    case 'silence':
      return 'goes silent';
    case 'resume':
      return 'speaks again';
    case 'move':
    case 'battery':
      return undefined;
  }
}

function describeRecords(records: Records): string {
  return records.map(({ path, value }) => `${path} = ${describeValue(value)}`).join(', ');
}

function describeValue(value: Records[number]['value']): string {
  switch (value.type) {
    case 'opaque':
      return `${value.value.length} bytes`;
    case 'objlnk':
      return `${value.value.objectId}:${value.value.instanceId}`;
    case 'none':
      return 'empty';
    default:
      return String(value.value);
  }
}
