import { oscoreLabel } from './oscore-port.ts';
import { placeOf, type Way } from './oscore-way.ts';
import type { LinkUp } from './port.ts';

/** What a request says whose keys it needs, in hex. */
export interface OscoreIds {
  readonly kid: string;
  readonly kidContext?: string;
}

/** A datagram that waits for the keys that it needs. */
interface Waiting {
  readonly from: Way;
  readonly datagram: Uint8Array;
}

interface Question {
  readonly key: string;
  readonly waiting: Waiting[];
}

const limits = {
  /** Questions under way; more are dropped. */
  questions: 1000,
  /** Datagrams that wait for the answer to one. */
  waiting: 4,
} as const;

/** Questions whose keys some ids are, each asked once for all that wait for the answer. */
export class OscoreQuestions {
  readonly #deliver: (message: LinkUp) => void;
  readonly #questions = new Map<number, Question>();
  readonly #byKey = new Map<string, Question>();
  #last = 0;

  constructor(deliver: (message: LinkUp) => void) {
    this.#deliver = deliver;
  }

  ask(from: Way, datagram: Uint8Array, ids: OscoreIds): void {
    const { ingress } = placeOf(from);
    const key = `${ingress} ${oscoreLabel(ids.kid, ids.kidContext)}`;
    const waiting = { from, datagram: Uint8Array.from(datagram) };
    const known = this.#byKey.get(key);
    if (known) {
      if (known.waiting.length < limits.waiting) known.waiting.push(waiting);
      return;
    }
    if (this.#questions.size >= limits.questions) return;
    this.#last += 1;
    const question: Question = { key, waiting: [waiting] };
    this.#questions.set(this.#last, question);
    this.#byKey.set(key, question);
    this.#deliver({ kind: 'find-oscore', lookup: this.#last, ingress, ...ids });
  }

  /** A question is answered. @returns what waited for that, oldest first */
  answered(lookup: number): readonly Waiting[] {
    const question = this.#questions.get(lookup);
    if (!question) return [];
    this.#questions.delete(lookup);
    this.#byKey.delete(question.key);
    return question.waiting;
  }
}
