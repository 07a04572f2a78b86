import { accept, type CoapMessage, Code, uriPath, uriQuery } from '@reeve/coap';
import { ContentFormat, PACK_FORMATS, parseBootstrapPackQuery, parseBootstrapQuery } from '@reeve/lwm2m';
import { type Facts, type Read, refuse } from './inbound.ts';

/** Reads a request on the bootstrap interface (LwM2M Transport §6.4.2); a socket of it serves nothing else. */
export function readBootstrapRequest(message: CoapMessage, facts: Facts): Read {
  const [name, ...more] = uriPath(message);
  if (more.length > 0) return { kind: 'refused', code: Code.NotFound };
  if (name === 'bs') return readRequest(message, facts);
  if (name === 'bspack') return readPackRequest(message, facts);
  return { kind: 'refused', code: Code.NotFound };
}

function readRequest(message: CoapMessage, facts: Facts): Read {
  if (message.code !== Code.Post) return { kind: 'refused', code: Code.MethodNotAllowed };
  const query = parseBootstrapQuery(uriQuery(message));
  if (!query.ok) return refuse(facts, query.error.code, 'malformed', `Bootstrap-Request: ${query.error.detail}`);
  const { ok: _, ...said } = query;
  return { kind: 'message', message: { kind: 'bootstrap-request', ...said, ...facts } };
}

function readPackRequest(message: CoapMessage, facts: Facts): Read {
  if (message.code !== Code.Get) return { kind: 'refused', code: Code.MethodNotAllowed };
  const query = parseBootstrapPackQuery(uriQuery(message));
  if (!query.ok) return refuse(facts, query.error.code, 'malformed', `Bootstrap-Pack-Request: ${query.error.detail}`);
  const format = accept(message) ?? ContentFormat.senmlCbor;
  if (!PACK_FORMATS.includes(format)) return { kind: 'refused', code: Code.NotAcceptable };
  const { ok: _, ...said } = query;
  return { kind: 'message', message: { kind: 'bootstrap-pack-request', format, ...said, ...facts } };
}
