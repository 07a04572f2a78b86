import { expect, it } from 'vitest';
import { fuzzPlan, seededRandom } from '../../../../tooling/testing/fuzz.ts';
import { Code } from '../codes.ts';
import { PeerKey } from '../ids.ts';
import { DEFAULT_BODY_LIMITS } from '../limits.ts';
import { Option, option } from '../options.ts';
import { PEER, path } from '../testing/harness.ts';
import { ScriptedPeer } from '../testing/scripted-peer.ts';
import { block1Option, block2Option } from './blocks.ts';

const NOTHING = { messageId: 0, token: new Uint8Array(0) };
const part = (seed: number, length: number) => new Uint8Array(length).fill(seed);

it('serves any parts in any order within its limits, and never throws', { timeout: 300_000 }, () => {
  const { seed, runs } = fuzzPlan('coap block-wise');
  const random = seededRandom(seed);
  const below = (n: number) => Math.floor(random() * n);
  const limits = { ...DEFAULT_BODY_LIMITS, bodiesPerPeer: 3, bodies: 5, bodyBytes: 300, allBodyBytes: 900 };
  let peer = new ScriptedPeer(limits);
  for (let run = 0; run < runs; run++) {
    if (run % 500 === 0) peer = new ScriptedPeer(limits);
    const block = () => ({ num: below(4), more: below(2) === 0, szx: below(4) });
    const options = [option(Option.UriPath, 'ab'.charAt(below(2)))];
    if (below(4) > 0) options.push(block1Option(block()));
    if (below(3) === 0) options.push(block2Option(block()));
    if (below(9) === 0) options.push(option(Option.ETag, Uint8Array.of(below(2))));
    const payload = part(1, below(2) === 0 ? 2 ** (4 + below(4)) : below(200));
    if (below(3) === 0) peer.endpoint.request(PEER, { code: 1 + below(5), options: path('/a'), payload }, run);
    if (below(2) === 0) peer.send(1 + below(6), options, payload, PeerKey(`peer ${below(4)}`));
    else {
      const { messageId, token } = peer.lastIfAny() ?? NOTHING;
      const code = [Code.Continue, Code.Content, Code.RequestEntityTooLarge, Code.RequestEntityIncomplete][below(4)];
      peer.receive({ type: 2, code: code ?? Code.Content, messageId, token, options: options.slice(1), payload });
    }
    const sizes = peer.endpoint.sizes();
    for (const key of ['bodiesPerPeer', 'bodies', 'bodyBytes', 'allBodyBytes'] as const) {
      if (sizes[key] > limits[key]) expect(`${key} ${sizes[key]}`).toBe('within limits');
    }
  }
});
