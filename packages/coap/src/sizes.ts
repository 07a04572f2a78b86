import type { Context } from './context.ts';
import { answerBytes } from './exchanges.ts';
import type { CoapLimits } from './limits.ts';

/** Measures what a core holds against each limit. */
export function measure({ peers, observations, streams }: Context): Record<keyof CoapLimits, number> {
  const sizes = {
    peers: peers.size,
    exchangesPerPeer: 0,
    requestsPerPeer: 0,
    observationsPerScope: observations.largestScope(),
    observations: observations.size,
    observersPerPeer: 0,
    cachedAnswerBytes: 0,
    messageBytes: 0,
    streams: streams.size,
    streamMessageBytes: 0,
  };
  const most = (key: keyof CoapLimits, value: number) => {
    sizes[key] = Math.max(sizes[key], value);
  };
  for (const peer of peers.values()) {
    const { exchanges, observers, queue, request, responses, unacknowledged } = peer;
    most('exchangesPerPeer', exchanges.length);
    most('requestsPerPeer', peer.requestCount());
    most('observersPerPeer', observers.length);
    for (const { state } of exchanges) {
      if (state.kind === 'answered') most('cachedAnswerBytes', answerBytes(state.answer));
    }
    for (const { waiting } of observers) most('messageBytes', waiting?.datagram.length ?? 0);
    for (const held of [...queue, ...responses, request, unacknowledged]) {
      most('messageBytes', held?.datagram.length ?? 0);
    }
  }
  for (const { reader } of streams.values()) most('streamMessageBytes', reader.begun);
  return sizes;
}
