/** Says hello to a server, and prints what it answers. `node client.ts [port]` */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { addressKey, computeNow, DtlsClient } from '@reeve/dtls';

const key = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
const address = addressKey('the server');
const identity = { kind: 'psk', identity: Buffer.from('device-1'), key } as const;
const client = new DtlsClient({ random: randomBytes, address, identity });
const socket = createSocket('udp4');
const now = (): number => performance.now();

function carryOut(): void {
  for (let effects = client.drain(); effects.length > 0; effects = client.drain()) {
    for (const effect of effects) {
      if (effect.kind === 'send') socket.send(effect.datagram, Number(process.argv[2] ?? 5684), '127.0.0.1');
      else if (effect.kind === 'compute') client.computed(effect.job, computeNow(effect.task), now());
      else if (effect.kind === 'established') client.send(effect.session, Buffer.from('hello'));
      else if (effect.kind === 'received') {
        console.log(Buffer.from(effect.data).toString());
        client.close(effect.session);
      } else if (effect.kind === 'refused')
        console.log(effect.detail); // connect() may be called again
      else if (effect.kind === 'closed') setTimeout(() => process.exit(), 100);
    }
  }
}

socket.on('message', (datagram) => {
  client.receive(address, datagram, now());
  carryOut();
});
setInterval(() => {
  client.tick(now());
  carryOut();
}, 100);
client.connect(now());
carryOut();
