import { setImmediate as turn } from 'node:timers/promises';
import { DEFAULT_LIMITS } from '@reeve/coap';
import { describe, expect, it } from 'vitest';
import { connect, deviceId, deviceRow, registrationOf, START } from '../commands/test-commands.ts';
import { Fleet } from '../registry/fleet.ts';
import { noteHeard } from '../registry/reach.ts';
import type { LinkDown, LinkOperation, RequestOutcome } from './port.ts';
import { Requests } from './requests.ts';

const timeout: RequestOutcome = { kind: 'timeout' };
const reset: RequestOutcome = { kind: 'reset' };
const read = (path: string): LinkOperation => ({ kind: 'read', path });

function openTestRequests(queueMode: number) {
  const sent: Extract<LinkDown, { kind: 'perform' }>[] = [];
  const requests = new Requests((message) => {
    if (message.kind === 'perform') sent.push(message);
  });
  const fleet = new Fleet();
  const device = fleet.put(deviceRow());
  fleet.setRegistration(device, registrationOf(deviceId, { queueMode }));
  connect(fleet, device);
  const outcomes: string[] = [];
  const ask = (path: string) =>
    void requests.perform(device, read(path)).then(({ kind }) => outcomes.push(`${path} ${kind}`));
  /** The request that was sent last comes to its end. */
  const settle = async (outcome: RequestOutcome) => {
    const last = sent.at(-1);
    if (last) requests.settle(last.request, outcome);
    await turn();
  };
  const paths = () => sent.map(({ operation }) => 'path' in operation && operation.path);
  return { device, requests, ask, settle, paths, outcomes, sent };
}

describe('requests to a device in queue mode', () => {
  it('P9: go one after the other', async () => {
    const { ask, settle, paths, outcomes } = openTestRequests(1);
    for (const path of ['/3', '/4', '/5']) ask(path);
    expect(paths()).toEqual(['/3']);
    await settle(reset);
    expect(paths()).toEqual(['/3', '/4']);
    await settle(reset);
    await settle(reset);
    expect(outcomes).toEqual(['/3 reset', '/4 reset', '/5 reset']);
    ask('/6');
    expect(paths()).toEqual(['/3', '/4', '/5', '/6']);
  });

  it('P9: do not leave once one was unanswered, until the device is heard', async () => {
    const { device, ask, settle, paths, outcomes } = openTestRequests(1);
    for (const path of ['/3', '/4', '/5']) ask(path);
    await settle(timeout);
    ask('/6');
    await settle(timeout);
    expect(paths()).toEqual(['/3']);
    expect(outcomes).toEqual(['/3 timeout', '/4 not-sent', '/5 not-sent', '/6 not-sent']);
    noteHeard(device, START);
    ask('/7');
    expect(paths()).toEqual(['/3', '/7']);
  });

  it('QM-1: say how long that one listens, by what is known of it', () => {
    const { ask, sent } = openTestRequests(1);
    ask('/3');
    expect(sent).toMatchObject([{ awakeMs: 93_000 }]);
    const other = openTestRequests(1);
    other.device.row = deviceRow({ awakeSeconds: 30 });
    other.ask('/3');
    expect(other.sent).toMatchObject([{ awakeMs: 30_000 }]);
  });

  it('go on if the device was heard while one was unanswered', async () => {
    const { device, ask, settle, paths } = openTestRequests(1);
    for (const path of ['/3', '/4']) ask(path);
    noteHeard(device, START + 1);
    await settle(timeout);
    expect(paths()).toEqual(['/3', '/4']);
  });
});

it('requests to any other device are left to the link to order', () => {
  const { ask, paths, sent } = openTestRequests(0);
  for (const path of ['/3', '/4']) ask(path);
  expect(paths()).toEqual(['/3', '/4']);
  expect(sent[0]).not.toHaveProperty('awakeMs');
});

it('requests to a device, and those behind it, are no more at once than CoAP takes; observations wait for all else', async () => {
  const { device, requests, sent, paths } = openTestRequests(0);
  let ended = 0;
  const ask = (operation: LinkOperation) => void requests.perform(device, operation).then(() => ended++);
  for (let index = 0; index < 200; index++) ask({ kind: 'observe', path: `/${index}` });
  const most = sent.length;
  expect(most).toBeLessThan(DEFAULT_LIMITS.requestsPerPeer);
  ask(read('/urgent'));
  for (let next = 0; next < 201; next++) {
    const { request } = sent[next] ?? expect.fail();
    requests.settle(request, reset);
    await turn();
    expect(sent.length).toBe(Math.min(201, most + next + 1));
  }
  expect(ended).toBe(201);
  expect(paths()[most]).toBe('/urgent');
  ask(read('/3'));
  expect(paths().at(-1)).toBe('/3');
});
