import { Code, encodeMessage, MessageType, Option, option } from '@reeve/coap';

/** Octets of randomness in a message: its Message ID and token. */
const RANDOM_OCTETS = 6;

/**
 * What an SMS must hold to wake a device: an Execute of the Registration Update Trigger, as a CoAP message without an
 * answer (LwM2M Transport §6.6.3, Appendix L.2). The device sends an Update over its usual transport.
 *
 * @param instanceId of the Server object that stands for this server
 */
export function smsTrigger(instanceId: number, random: (length: number) => Uint8Array): Uint8Array {
  const octets = random(RANDOM_OCTETS);
  return encodeMessage({
    type: MessageType.Confirmable,
    code: Code.Post,
    messageId: ((octets[0] ?? 0) << 8) | (octets[1] ?? 0),
    token: octets.subarray(2),
    options: ['1', String(instanceId), '8'].map((segment) => option(Option.UriPath, segment)),
    payload: new Uint8Array(0),
  });
}
