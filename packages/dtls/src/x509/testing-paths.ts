/** Test kit: how chains of certificates fare that are good in all but one place. */
import { expect } from 'vitest';
import { type PathResult, validatePath } from './path.ts';
import type { TrustProfile } from './profile.ts';
import { type CertificateSpec, certificateOf, issue, testPki } from './testing.ts';

export const { root, intermediate, device, server } = testPki();
export const NOW = Date.UTC(2026, 0);
export const TRUST: TrustProfile = { anchors: [certificateOf(root)], purpose: 'client' };

export const validate = (chain: readonly Uint8Array[], profile: Partial<TrustProfile> = {}, now = NOW): PathResult =>
  validatePath(chain, { ...TRUST, ...profile }, now);

/** How a device's certificate under the intermediate fares. */
export const device1 = (spec: CertificateSpec, profile?: Partial<TrustProfile>, now?: number): PathResult =>
  validate(issue({ issuer: intermediate, ...spec }).chain, profile, now);

/** How a good device's certificate fares under a CA like this, below the root. */
export const under = (spec: CertificateSpec, profile?: Partial<TrustProfile>): PathResult => {
  const ca = issue({ subject: 'CA', ca: true, issuer: root, ...spec });
  return validate(issue({ issuer: ca }).chain, profile);
};

/** How a good device's certificate fares under an anchor like this. */
export const anchored = (spec: CertificateSpec): PathResult => {
  const anchor = issue({ subject: 'Anchor', ca: true, ...spec });
  return validate(issue({ issuer: anchor }).chain, { anchors: [certificateOf(anchor)] });
};

export const refused = (check: string, detail: RegExp = /./): object => ({
  ok: false,
  check,
  detail: expect.stringMatching(detail),
});
