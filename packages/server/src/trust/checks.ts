import { type Verdict, type VerifyTask, verifyOnPool } from '@reeve/dtls';
import { trustLimits } from './limits.ts';

/**
 * Signatures of certificates, checked on the thread pool: a few at a time, and a bounded number that wait, so that a storm
 * of handshakes neither fills the memory nor keeps the pool from others.
 */
export class SignatureChecks {
  readonly #verify: (task: VerifyTask) => Promise<boolean>;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** @param verify replaced by tests */
  constructor(verify: (task: VerifyTask) => Promise<boolean> = verifyOnPool) {
    this.#verify = verify;
  }

  readonly check = async (task: VerifyTask): Promise<Verdict> => {
    if (this.#running >= trustLimits.checks) {
      if (this.#waiting.length >= trustLimits.waitingChecks) return 'overloaded';
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running += 1;
    try {
      return await this.#verify(task);
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  };
}
