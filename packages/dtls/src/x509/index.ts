/** X.509 for the DTLS profile: certificates, paths, revocation, names, and how LwM2M clients know their server. */
export { type CertificateScheme, type VerifyTask, verifyNow, verifyOnPool } from './algorithms.ts';
export { type Certificate, type ParsedCertificate, parseCertificate } from './certificate.ts';
export { type Crl, type ParsedCrl, parseCrl } from './crl.ts';
export type { Name } from './name.ts';
export { type CertificateNames, certificateNames, matchesHost } from './names.ts';
export { type PathResult, type ValidPath, type Verdict, validatePath, validatePathAsync } from './path.ts';
export { type PemContents, type ReadPem, readPem } from './pem.ts';
export { authorityDefect, type ExpiredAdmission, type TrustProfile } from './profile.ts';
export type { CertificateCheck, CertificateRefusal } from './refusal.ts';
export { type AdmittedCrl, admitCrl, type RevocationList, staleWithin } from './revocation.ts';
export {
  type CertificateAssociation,
  CertificateUsage,
  type MatchingType,
  matchCertificateUsage,
  type ServerTrust,
  type UsageResult,
} from './usage.ts';
