/** The raw echo: what a datagram costs Node before anybody looks into it. Prints its port. */
import { createSocket } from 'node:dgram';

const socket = createSocket('udp4');
socket.on('message', (datagram, { address, port }) => socket.send(datagram, port, address));
socket.bind(0, '127.0.0.1', () => {
  socket.setRecvBufferSize(4 * 1024 * 1024);
  process.stdout.write(`${socket.address().port}\n`);
});
