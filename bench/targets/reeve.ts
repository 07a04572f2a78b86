/** The whole server, as an operator starts it; ends with its input. Takes a data folder, prints a `ReeveReady`. */
import { startServer } from '@reeve/server';

export interface ReeveReady {
  readonly url: string;
  readonly tokenFile: string;
  readonly coap: number;
  readonly coaps: number;
}

const server = await startServer({
  dataFolder: process.argv[2] ?? '',
  listen: [
    { transport: 'coaps', host: '127.0.0.1', port: 0 },
    { transport: 'coap', host: '127.0.0.1', port: 0 },
  ],
  http: { host: '127.0.0.1', port: 0 },
  link: 'main',
  logLevel: 'silent',
});
const [coaps, coap] = server.coap.map(({ port }) => port);
const { url, tokenFile } = server;
process.stdout.write(`${JSON.stringify({ url, tokenFile, coap, coaps })}\n`);
process.stdin.on('end', () => void server.close().then(() => process.exit(0)));
process.stdin.resume();
