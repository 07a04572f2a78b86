/** Sends back what devices say that hold a key. `node server.ts [port]` */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { addressKey, computeNow, DtlsServer } from '@reeve/dtls';

const keys = new Map([['device-1', Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')]]);
const server = new DtlsServer({ random: randomBytes });
const socket = createSocket('udp4');
const now = (): number => performance.now();

function carryOut(): void {
  for (let effects = server.drain(); effects.length > 0; effects = server.drain()) {
    for (const effect of effects) {
      if (effect.kind === 'send') {
        const [host, port] = effect.address.split(' ');
        socket.send(effect.datagram, Number(port), host);
      } else if (effect.kind === 'findPsk') {
        const key = keys.get(Buffer.from(effect.identity).toString());
        server.pskFound(effect.lookup, key && { key, credential: 'the only one' }, now());
      } else if (effect.kind === 'compute') server.computed(effect.job, computeNow(effect.task), now());
      else if (effect.kind === 'received') server.send(effect.session, effect.data);
      else if (effect.kind === 'refused') console.log(effect.detail);
    }
  }
}

socket.on('message', (datagram, { address, port }) => {
  server.receive(addressKey(`${address} ${port}`), datagram, now());
  carryOut();
});
setInterval(() => {
  server.tick(now());
  carryOut();
}, 100); // or sleep until server.nextWakeAt()
socket.bind(Number(process.argv[2] ?? 5684), () => console.log(`port ${socket.address().port}`));
