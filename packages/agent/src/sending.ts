import {
  type CoapEndpoint,
  Code,
  formatCode,
  isSuccess,
  Option,
  option,
  type PeerKey,
  type RequestId,
  type RequestOutcome,
} from '@reeve/coap';
import { ContentFormat, encodeContent, type LwM2mPath, type ResourceRecord, ROOT_PATH } from '@reeve/lwm2m';
import { type Permissions, readable } from './access-control.ts';
import type { ServerEvent } from './effects.ts';
import { LIMITS } from './limits.ts';
import { type DeviceModel, isSecret } from './model.ts';
import { Right } from './objects/access-control.ts';

interface SenderParts {
  readonly coap: CoapEndpoint;
  readonly model: DeviceModel;
  /** What the server may read; it is sent nothing else. */
  readonly permissions: Permissions;
  readonly emit: (event: ServerEvent) => void;
}

/** What became of a Send that was answered, or not; undefined for a request that was none. */
export type SendEnd = 'taken' | 'unknown' | 'refused' | 'unanswered' | undefined;

/** Sends values of the device's own accord (OMA Core §6.4.5), each Send one confirmable POST of SenML CBOR. */
export class Sender {
  readonly #parts: SenderParts;
  readonly #pending = new Map<RequestId, readonly LwM2mPath[]>();

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  /** What paths hold now; what the server may not read, and objects with keys, are left out. */
  records(paths: readonly LwM2mPath[]): readonly ResourceRecord[] {
    const { model, permissions } = this.#parts;
    return paths.flatMap((path) => {
      const read = isSecret(path) ? undefined : model.read(path);
      const permitted = read?.ok ? readable(read.records, permissions) : read;
      return permitted?.ok ? permitted.records.filter(({ value }) => value.type !== 'none') : [];
    });
  }

  /** @returns why nothing was sent, in words */
  send(peer: PeerKey, records: readonly ResourceRecord[], now: number): string | undefined {
    if (records.length === 0) return 'there is nothing to send';
    if (records.some(({ path }) => isSecret(path))) return 'keys are for no server';
    if (records.some(({ path }) => !this.#parts.permissions.permits(path, Right.read))) {
      return 'the server may not read all of it';
    }
    if (this.#pending.size >= LIMITS.sends) return `${LIMITS.sends} wait for their answers`;
    const format = ContentFormat.senmlCbor;
    const content = encodeContent({ format, path: ROOT_PATH, records });
    if (!content.ok) return content.error.detail;
    const options = [option(Option.UriPath, 'dp'), option(Option.ContentFormat, format)];
    const request = this.#parts.coap.request(peer, { code: Code.Post, options, payload: content.bytes }, now);
    this.#pending.set(request, [...new Set(records.map(({ path }) => path))]);
    return undefined;
  }

  /** How a request ended. */
  outcome(request: RequestId, outcome: RequestOutcome): SendEnd {
    const paths = this.#pending.get(request);
    if (paths === undefined) return undefined;
    this.#pending.delete(request);
    if (outcome.kind !== 'response') {
      this.#parts.emit({ kind: 'unsent', paths, detail: 'the server does not answer' });
      return outcome.kind === 'refused' ? 'refused' : 'unanswered';
    }
    const { code } = outcome.message;
    if (isSuccess(code)) {
      this.#parts.emit({ kind: 'sent', paths });
      return 'taken';
    }
    this.#parts.emit({ kind: 'unsent', paths, detail: `the server answered ${formatCode(code)}` });
    return code === Code.NotFound ? 'unknown' : 'refused';
  }

  /** The link is over, and all that waits for answers with it. */
  renew(): void {
    for (const paths of this.#pending.values()) this.#parts.emit({ kind: 'unsent', paths, detail: 'the link is over' });
    this.#pending.clear();
  }
}
