import { type OscoreParameters, SecurityContext } from './context.ts';
import { ReplayWindow } from './replay-window.ts';
import { SenderNumbers } from './sender-numbers.ts';

/** Numbers to send with: from `next` on, and below `limit`; `block` are asked for at a time. */
export interface NumberRange {
  readonly next: number;
  readonly limit: number;
  readonly block: number;
}

/** The keys that an association uses now, and how far both sides have counted with them. */
export class Keys {
  /** As the peers were given them. */
  readonly base: SecurityContext;
  readonly #block: number;
  #context: SecurityContext;
  #numbers: SenderNumbers;
  /** Numbers of the peer; undefined as long as any of them may be a replay. */
  window: ReplayWindow | undefined;

  constructor(
    parameters: OscoreParameters,
    idContext: Uint8Array | undefined,
    { next, limit, block }: NumberRange,
    window: ReplayWindow | undefined,
  ) {
    this.base = new SecurityContext(parameters);
    this.#context = idContext ? this.base.withIdContext(idContext) : this.base;
    this.#numbers = new SenderNumbers(next, limit, block);
    this.#block = block;
    this.window = window;
  }

  get context(): SecurityContext {
    return this.#context;
  }

  get numbers(): SenderNumbers {
    return this.#numbers;
  }

  /** Keys that nobody used yet, and whose numbers have to be reserved like those before. */
  renew(context: SecurityContext): void {
    this.#replace(context, new SenderNumbers(0, 0, this.#block));
  }

  /** Keys that nobody used yet, and that end with this process. */
  renewForProcess(context: SecurityContext): void {
    this.#replace(context, SenderNumbers.unused());
  }

  #replace(context: SecurityContext, numbers: SenderNumbers): void {
    this.#context = context;
    this.#numbers = numbers;
    this.window = new ReplayWindow();
  }
}
