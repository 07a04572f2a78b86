import type { RequestId, RequestSpec, TransmissionParameters } from '@reeve/coap';
import { Code } from '@reeve/coap';
import type { BootstrapAccount } from '../accounts.ts';
import { Channel, type ChannelUser } from '../channel.ts';
import type { DeviceEvent, ServerAddress, WireEffect } from '../effects.ts';
import type { ObjectInstance } from '../instance.ts';
import type { DeviceModel } from '../model.ts';
import { type LinkParts, linkOf } from '../security.ts';
import type { Bootstrapper } from './bootstrapper.ts';

interface BootstrapLineParts {
  readonly model: DeviceModel;
  readonly linkParts: LinkParts;
  readonly random: (n: number) => Uint8Array;
  readonly parameters: Partial<TransmissionParameters> | undefined;
  readonly emit: (effect: WireEffect | DeviceEvent) => void;
}

/** The way to the bootstrap server, made when it is needed first, and anew when its account is another. */
export class BootstrapLine {
  readonly #parts: BootstrapLineParts;
  readonly #bootstrapper: () => Bootstrapper;
  /** The channel, and the instance of object 0 that it is made of. */
  #open: { readonly channel: Channel; readonly security: ObjectInstance | undefined } | undefined;

  constructor(parts: BootstrapLineParts, bootstrapper: () => Bootstrapper) {
    this.#parts = parts;
    this.#bootstrapper = bootstrapper;
  }

  get address(): ServerAddress | undefined {
    return this.#open?.channel.address;
  }

  connect(account: BootstrapAccount, now: number): void {
    const security = this.#parts.model.instances(0).find(({ id }) => id === account.securityId);
    if (this.#open?.security !== security) this.end(now);
    this.#open ??= { channel: this.#channel(account), security };
    this.#open.channel.connect(now);
  }

  close(now: number): void {
    this.#open?.channel.close(now);
  }

  /** Closes it for good. */
  end(now: number): void {
    this.#open?.channel.end(now);
    this.#open = undefined;
  }

  /** @throws RangeError before it was connected */
  request(spec: RequestSpec, now: number): RequestId {
    if (this.#open === undefined) throw new RangeError('there is no way to the bootstrap server');
    return this.#open.channel.request(spec, now);
  }

  receive(bytes: Uint8Array, now: number): void {
    this.#open?.channel.receive(bytes, now);
  }

  connected(now: number): void {
    this.#open?.channel.opened(now);
  }

  disconnected(detail: string, now: number): void {
    this.#open?.channel.lost(detail, now);
  }

  tick(now: number): void {
    this.#open?.channel.tick(now);
  }

  nextWakeAt(): number | undefined {
    return this.#open?.channel.nextWakeAt();
  }

  /** @returns whether there was anything that may want more */
  carryOut(now: number): boolean {
    return this.#open?.channel.carryOut(now) ?? false;
  }

  #channel({ securityId, uri }: BootstrapAccount): Channel {
    const { model, linkParts, random, parameters, emit } = this.#parts;
    return new Channel({
      address: { securityId, to: uri },
      link: linkOf(securityId, model, linkParts),
      ...{ random, parameters, emit, user: this.#user() },
      inParts: () => false,
    });
  }

  #user(): ChannelUser {
    const bootstrapper = this.#bootstrapper();
    return {
      up: (now) => bootstrapper.handle('up', now),
      down: (detail, now) => bootstrapper.handle('down', now, detail),
      request: (exchange, message, now) => {
        const { response, settled } = bootstrapper.serve(message, now);
        this.#open?.channel.coap.respond(exchange, response, now);
        settled();
      },
      outcome: (request, outcome, now) => bootstrapper.outcome(request, outcome, now),
      refused: (detail) => this.#parts.emit({ kind: 'refused', code: Code.BadRequest, detail }),
      // Nobody observes anything here, and no device sleeps through its bootstrap.
      renewed: () => {},
      stirred: () => {},
      notifyOutcome: () => {},
    };
  }
}
