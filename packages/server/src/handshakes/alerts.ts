/**
 * What an alert of a device usually means (RFC 5246 §7.2.2), by its name. Others speak for themselves.
 * docs/handshakes.md shows this table; a test compares them.
 */
export const alerts: Readonly<Record<string, string>> = {
  handshake_failure: 'The device accepts none of the suites, groups or signatures that the server can do.',
  bad_certificate: 'The certificate of the server is damaged, or its signature does not verify.',
  unsupported_certificate: 'The device can not use the kind of certificate that the server has.',
  certificate_revoked: 'The certificate of the server is revoked.',
  certificate_expired: 'The certificate of the server is expired, or the clock of the device is wrong.',
  certificate_unknown: 'The device does not accept the certificate of the server: is it the one stored on the device?',
  unknown_ca: 'The device does not know the authority that signed the certificate of the server.',
  access_denied: 'The certificate of the server is valid, but the device is not to talk to it.',
  decrypt_error: 'The device could not verify a signature or the Finished: mostly the keys differ.',
  bad_record_mac: 'The device could not open a record: mostly the keys differ.',
  unknown_psk_identity: 'The device has no key for this server.',
  protocol_version: 'The device wants another version of DTLS.',
  insufficient_security: 'The device wants stronger suites than the server can do.',
  unrecognized_name: 'The server has no certificate for the name that the device asked for.',
  close_notify: 'The device gave up by itself.',
  user_canceled: 'The device gave up by itself.',
  internal_error: 'The device had a fault of its own, often too little memory.',
};
