/** The CoAP core between a socket and an application that answers at once. Prints its port. */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { CoapCore, Code, PeerKey } from '@reeve/coap';

const payload = Buffer.from('hello');
const answer = { code: Code.Content, payload };
const core = new CoapCore({ random: (n) => randomBytes(n) });
const socket = createSocket('udp4');

function carryOut(now: number): void {
  for (let effects = core.drain(); effects.length > 0; effects = core.drain()) {
    for (const effect of effects) {
      if (effect.kind === 'request') core.respond(effect.exchange, answer, now);
      else if (effect.kind === 'send') socket.send(effect.datagram, Number(effect.peer), '127.0.0.1');
    }
  }
}

socket.on('message', (datagram, { port }) => {
  const now = performance.now();
  core.receive(PeerKey(String(port)), datagram, now);
  carryOut(now);
});
setInterval(() => {
  core.tick(performance.now());
  carryOut(performance.now());
}, 100);
socket.bind(0, '127.0.0.1', () => {
  socket.setRecvBufferSize(4 * 1024 * 1024);
  process.stdout.write(`${socket.address().port}\n`);
});
