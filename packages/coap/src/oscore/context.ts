import {
  type CipherCCM,
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import { type AeadAlgorithm, aeadAlgorithm, hkdfHash, longestId } from './algorithms.ts';
import { encodeCbor } from './cbor.ts';

/** What two peers were given beforehand (RFC 8613 §3.2); each has the other's ids swapped. */
export interface OscoreParameters {
  readonly masterSecret: KeyObject;
  /** Empty if there is none. */
  readonly masterSalt: Uint8Array;
  readonly senderId: Uint8Array;
  readonly recipientId: Uint8Array;
  readonly idContext?: Uint8Array;
  /** COSE number of the cipher, see algorithms.ts. */
  readonly aead: number;
  /** COSE number of HKDF or its HMAC. */
  readonly hkdf: number;
}

/** The request that a message is, or answers: both are bound to it (RFC 8613 §5.4). */
export interface RequestBinding {
  readonly kid: Uint8Array;
  readonly partialIv: Uint8Array;
}

/** Why parameters are of no use; undefined if they are. */
export function oscoreObstacle({ senderId, recipientId, aead, hkdf }: Omit<OscoreParameters, 'masterSecret'>) {
  const algorithm = aeadAlgorithm(aead);
  if (!algorithm) return `there is no AEAD algorithm ${aead}`;
  if (!hkdfHash(hkdf)) return `there is no HMAC algorithm ${hkdf}`;
  const longest = longestId(algorithm);
  if (senderId.length > longest || recipientId.length > longest) return `an id has more than ${longest} bytes`;
  return Buffer.compare(senderId, recipientId) === 0 ? 'both ids are the same' : undefined;
}

/** Keys that two peers share, derived from what they were given (RFC 8613 §3.2.1); without any state. */
export class SecurityContext {
  readonly parameters: OscoreParameters;
  readonly #algorithm: AeadAlgorithm;
  /** Each made at its first use: whoever names a key that he does not have is to cost as little as can be. */
  #senderKey: KeyObject | undefined;
  #recipientKey: KeyObject | undefined;
  #commonIv: Uint8Array | undefined;

  /** @throws RangeError for parameters that have an `oscoreObstacle` */
  constructor(parameters: OscoreParameters) {
    const obstacle = oscoreObstacle(parameters);
    const algorithm = aeadAlgorithm(parameters.aead);
    if (obstacle !== undefined || !algorithm) throw new RangeError(obstacle);
    this.parameters = parameters;
    this.#algorithm = algorithm;
  }

  /** The same secret under another ID context: other keys. */
  withIdContext(idContext: Uint8Array): SecurityContext {
    return new SecurityContext({ ...this.parameters, idContext });
  }

  /**
   * Encrypts with the sender's key. No two plaintexts may ever have the same nonce.
   *
   * @param nonceOf whose id and number make the nonce
   * @param under the context that the nonce was made in, if it was another one
   * @returns ciphertext and tag
   */
  seal(
    plaintext: Uint8Array,
    request: RequestBinding,
    nonceOf: RequestBinding,
    under: SecurityContext = this,
  ): Uint8Array {
    const { cipher, tagLength } = this.#algorithm;
    this.#senderKey ??= this.#keyOf(this.parameters.senderId);
    const sealer = createCipheriv(cipher as 'aes-128-ccm', this.#senderKey, under.#nonce(nonceOf), {
      authTagLength: tagLength,
    });
    sealer.setAAD(this.#associatedData(request), { plaintextLength: plaintext.length });
    const ciphertext = sealer.update(plaintext);
    sealer.final();
    return Buffer.concat([ciphertext, (sealer as CipherCCM).getAuthTag()]);
  }

  /**
   * Decrypts with the recipient's key; undefined for what was not sealed so.
   *
   * @param under the context that the nonce was made in, if it was another one
   */
  open(
    sealed: Uint8Array,
    request: RequestBinding,
    nonceOf: RequestBinding,
    under: SecurityContext = this,
  ): Uint8Array | undefined {
    const { cipher, tagLength } = this.#algorithm;
    const end = sealed.length - tagLength;
    if (end < 1) return undefined;
    this.#recipientKey ??= this.#keyOf(this.parameters.recipientId);
    const opener = createDecipheriv(cipher as 'aes-128-ccm', this.#recipientKey, under.#nonce(nonceOf), {
      authTagLength: tagLength,
    });
    try {
      opener.setAuthTag(sealed.subarray(end));
      opener.setAAD(this.#associatedData(request), { plaintextLength: end });
      const plaintext = opener.update(sealed.subarray(0, end));
      opener.final();
      return plaintext;
    } catch {
      // node:crypto says by an exception that the tag does not match.
      return undefined;
    }
  }

  /** RFC 8613 §5.2: length of the id, id and number, each at its place, over the common IV. */
  #nonce({ kid, partialIv }: RequestBinding): Uint8Array {
    this.#commonIv ??= derive(this.parameters, new Uint8Array(0), 'IV', this.#algorithm.nonceLength);
    const nonce = Uint8Array.from(this.#commonIv);
    const put = (at: number, byte: number) => {
      nonce[at] = (nonce[at] ?? 0) ^ byte;
    };
    put(0, kid.length);
    const idAt = nonce.length - 5 - kid.length;
    for (const [i, byte] of kid.entries()) put(idAt + i, byte);
    const numberAt = nonce.length - partialIv.length;
    for (const [i, byte] of partialIv.entries()) put(numberAt + i, byte);
    return nonce;
  }

  #keyOf(id: Uint8Array): KeyObject {
    return createSecretKey(derive(this.parameters, id, 'Key', this.#algorithm.keyLength));
  }

  /** RFC 8613 §5.4. There are no options of class I. */
  #associatedData({ kid, partialIv }: RequestBinding): Uint8Array {
    const none = new Uint8Array(0);
    const external = encodeCbor([1, [this.parameters.aead], kid, partialIv, none]);
    return encodeCbor(['Encrypt0', none, external]);
  }
}

function derive(parameters: OscoreParameters, id: Uint8Array, type: 'Key' | 'IV', length: number): Uint8Array {
  const { masterSecret, masterSalt, idContext = null, aead, hkdf } = parameters;
  const info = encodeCbor([id, idContext, aead, type, length]);
  return new Uint8Array(hkdfSync(hkdfHash(hkdf) ?? 'sha256', masterSecret, masterSalt, info, length));
}
