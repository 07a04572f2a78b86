/** Object security for CoAP (RFC 8613), with the derivation of new keys of its Appendix B.2. */
export { DEFAULT_AEAD, DEFAULT_HKDF } from './algorithms.ts';
export type { OscoreEffect } from './association.ts';
export { OscoreAssociation } from './association.ts';
export type { OscoreParameters } from './context.ts';
export { oscoreObstacle } from './context.ts';
export { isProtected, oscoreValueOf } from './protection.ts';
export type { OscoreFault } from './refusal.ts';
export { unprotectedError } from './refusal.ts';
