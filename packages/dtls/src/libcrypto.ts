import { createRequire } from 'node:module';

/** Where something is in memory, as a number; 0 is nowhere. */
export type Address = number;

/** The functions of OpenSSL's library for ciphers (EVP_EncryptInit(3)). They answer 1, and 0 or less for a failure. */
export interface Libcrypto {
  EVP_get_cipherbyname(name: string): Address;
  EVP_CIPHER_CTX_new(): Address;
  EVP_CIPHER_CTX_ctrl(context: Address, command: number, number: number, bytes: Address): number;
  EVP_CipherInit_ex(
    context: Address,
    cipher: Address,
    engine: Address,
    key: Address,
    nonce: Address,
    encrypts: number,
  ): number;
  EVP_CipherUpdate(context: Address, output: Address, written: Address, input: Address, length: number): number;
  EVP_CipherFinal_ex(context: Address, output: Address, written: Address): number;
  ERR_clear_error(): void;
  /** Where octets are. They stay there as long as they live, if they are not so few that they lie within their object. */
  addressOf(bytes: Uint8Array): Address;
}

/**
 * The library that Node itself is linked against, if it can be reached: through `koffi`, which may not be installed, or
 * find no way to it from this build of Node.
 */
export function loadLibcrypto(): Libcrypto | undefined {
  try {
    const koffi: typeof import('koffi').default = createRequire(import.meta.url)('koffi');
    const library = koffi.load(null);
    return {
      EVP_get_cipherbyname: library.func('uintptr_t EVP_get_cipherbyname(const char *)'),
      EVP_CIPHER_CTX_new: library.func('uintptr_t EVP_CIPHER_CTX_new()'),
      EVP_CIPHER_CTX_ctrl: library.func('int EVP_CIPHER_CTX_ctrl(uintptr_t, int, int, uintptr_t)'),
      EVP_CipherInit_ex: library.func(
        'int EVP_CipherInit_ex(uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t, int)',
      ),
      EVP_CipherUpdate: library.func('int EVP_CipherUpdate(uintptr_t, uintptr_t, uintptr_t, uintptr_t, int)'),
      EVP_CipherFinal_ex: library.func('int EVP_CipherFinal_ex(uintptr_t, uintptr_t, uintptr_t)'),
      ERR_clear_error: library.func('void ERR_clear_error()'),
      addressOf: (bytes) => Number(koffi.address(bytes)),
    };
  } catch {
    return undefined;
  }
}
