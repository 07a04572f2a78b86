/** X.509 for the DTLS profile: certificates, paths, revocation, names, and how LwM2M clients know their server. */
export { type VerifyTask, verifyOnPool } from './algorithms.ts';
export { type Certificate, parseCertificate } from './certificate.ts';
export { parseCrl } from './crl.ts';
export { certificateNames } from './names.ts';
export { type ValidPath, type Verdict, validatePath, validatePathAsync } from './path.ts';
export { readPem } from './pem.ts';
export { authorityDefect, type TrustProfile } from './profile.ts';
export type { CertificateRefusal } from './refusal.ts';
export { admitCrl, type RevocationList } from './revocation.ts';
export { selfSigned } from './self-signed.ts';
export { CertificateUsage, type MatchingType, matchCertificateUsage } from './usage.ts';
