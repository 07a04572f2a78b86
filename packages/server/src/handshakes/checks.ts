import type { Check } from '../link/handshake-facts.ts';

/** What a check that failed means, and what to do. Commands stand in `backticks`, with the words to replace in capitals. */
export interface Explanation {
  /** A few words, for headings. */
  readonly title: string;
  /** What happened, in a sentence. */
  readonly meaning: string;
  /** What to do, the likeliest first. */
  readonly steps: readonly string[];
}

/** Every check that a connection can fail. docs/handshakes.md shows this table; a test compares them. */
export const checks: Readonly<Record<Check, Explanation>> = {
  'unknown-identity': {
    title: 'Unknown identity',
    meaning: 'No device here has the identity, the key, or a name in the certificate that it gave.',
    steps: [
      'A new device: `./reeve device add ENDPOINT`, with `--identity` if its identity is not its endpoint name, with `--public-key`, `--certificate`, or `--ca` and `--name`.',
      'A known one: compare with `./reeve credential ls DEVICE`. Identities are bytes: look for a trailing zero or line end.',
      'A key of the bootstrap server does not register, and the other way round: `./reeve credential ls DEVICE` says what each is for.',
      'Which name of a certificate counts depends on its authority: `./reeve ca ls`.',
    ],
  },
  'wrong-key': {
    title: 'Wrong key',
    meaning: 'The identity is known, but the first encrypted message does not open with the key that is here.',
    steps: [
      'Set the key again on both sides: `./reeve device key DEVICE`.',
      'A key typed as text where hex is wanted, or the other way round, is the usual cause.',
    ],
  },
  'bad-finished': {
    title: 'Handshakes differ',
    meaning: 'Both sides hold the same key, but saw different messages: something between them changes some.',
    steps: ['Look for a proxy between device and server.', 'Ask the maker of the device: its DTLS may be at fault.'],
  },
  'bad-signature': {
    title: 'Bad signature',
    meaning: 'It did not prove that it holds the private key of what it presented.',
    steps: [
      'Put the private key that belongs to the certificate or public key on the device.',
      'If both belong together, somebody presents what is not theirs.',
    ],
  },
  'no-common-suite': {
    title: 'No common cipher suite',
    meaning: 'It offers no cipher suite that is allowed here and fits the credentials that are here.',
    steps: [
      'Compare what it offers with what is wanted: the record lists both.',
      'Enable a wanted suite on the device; most LwM2M devices have `TLS_PSK_WITH_AES_128_CCM_8`.',
      'CBC suites are off until the file of `./reeve serve --config FILE` names them for a listener.',
    ],
  },
  'no-common-group': {
    title: 'No common group',
    meaning: 'It offers none of the groups for the key exchange that are allowed here.',
    steps: ['Enable secp256r1 on the device: LwM2M devices have it.'],
  },
  'no-common-signature-scheme': {
    title: 'No common signature scheme',
    meaning: 'It accepts no signature that the server can make, or can make none that is accepted here.',
    steps: ['Enable ECDSA with P-256 and SHA-256 on the device.', 'RSA keys are not used for handshakes here.'],
  },
  'no-common-certificate-type': {
    title: 'Wrong kind of certificate',
    meaning: 'One side wants raw public keys, the other X.509 certificates.',
    steps: [
      'Set the security mode of the device (/0/x/2) to a kind of credential that it has here: `./reeve credential ls DEVICE`.',
      'A device that wants a certificate of the server needs one to be there: `./reeve server identity`.',
    ],
  },
  'unknown-server-name': {
    title: 'Unknown server name',
    meaning: 'It asked for a server name that is none of ours, and there is no identity for all other names.',
    steps: [
      'Compare the server name on the device (/0/x/14) with `./reeve server identity`.',
      'Or name a certificate for it in the file of `./reeve serve --config FILE`.',
    ],
  },
  'no-certificate': {
    title: 'No certificate',
    meaning: 'The suite needs a certificate or raw public key of the device, and it presented none.',
    steps: ['Give the device its certificate or key (/0/x/3 to /0/x/5), or let it use a pre-shared key.'],
  },
  'wrong-server': {
    title: 'Wrong server',
    meaning: 'The server is not the one that the client was told to expect.',
    steps: ['Compare the server key or certificate on the device (/0/x/4) with `./reeve server identity`.'],
  },
  'extended-master-secret': {
    title: 'No extended master secret',
    meaning: 'The listener requires the extended master secret (RFC 7627), and the device does not do it.',
    steps: ['Update the DTLS of the device, or do not require it for this listener.'],
  },
  'unknown-ca': {
    title: 'Unknown CA',
    meaning: 'No certificate authority that is trusted here signed its certificate; the record names the issuer.',
    steps: [
      'Trust the issuer: `./reeve ca add FILE`.',
      'An intermediate certificate may be missing on the device: it has to send the whole chain.',
    ],
  },
  'expired-certificate': {
    title: 'Expired certificate',
    meaning: 'A certificate of its chain is expired by the clock of this server.',
    steps: [
      'Look at the clock of this machine first: `date -u`.',
      'Give the device a new certificate.',
      'Until that is done: `./reeve certificate admit DEVICE --until DATE --reason TEXT`.',
    ],
  },
  'not-yet-valid': {
    title: 'Certificate not valid yet',
    meaning: 'A certificate of its chain is not valid yet by the clock of this server.',
    steps: ['Look at the clock of this machine: `date -u`.', 'Look at the clock of whoever made the certificate.'],
  },
  'bad-certificate': {
    title: 'Bad certificate',
    meaning: 'A certificate of its chain breaks the rules of X.509, or its signature does not verify.',
    steps: ['Make the certificate again; the detail says what is wrong with it.'],
  },
  revoked: {
    title: 'Revoked certificate',
    meaning: 'The revocation list of its authority names its certificate.',
    steps: [
      'If that is right, nothing: this is what revoking is for.',
      'If not: make a new certificate for the device. Revoking is not undone.',
    ],
  },
  'certificate-usage': {
    title: 'Certificate for another use',
    meaning:
      'A certificate of its chain may not be used for this: keyUsage, extendedKeyUsage or basicConstraints say no.',
    steps: ['Make a certificate for client authentication with digitalSignature; authorities need keyCertSign.'],
  },
  'unsupported-certificate': {
    title: 'Unsupported certificate',
    meaning: 'Its certificate has a key, a signature or a critical extension that is not supported here.',
    steps: ['Make a certificate with an ECDSA key on P-256; the detail says what is not supported.'],
  },
  'crl-stale': {
    title: 'Stale revocation list',
    meaning: 'The revocation list of its authority is older than it may be, and the listener does not accept that.',
    steps: ['Fetch a new one: `./reeve ca refresh NAME`.', 'If that fails, ask whoever runs the authority.'],
  },
  'certificate-name': {
    title: 'Certificate for another name',
    meaning: 'The certificate is valid, but not for the name that was asked for.',
    steps: ['Compare the server name on the device (/0/x/0, /0/x/14) with `./reeve server identity`.'],
  },
  'unsupported-version': {
    title: 'No DTLS 1.2',
    meaning: 'It speaks another version of DTLS.',
    steps: ['Update the device: DTLS 1.0 is not safe any more, and DTLS 1.3 alone can not connect yet.'],
  },
  malformed: {
    title: 'Malformed message',
    meaning: 'A message breaks the rules of DTLS, CoAP or LwM2M; the detail says which.',
    steps: ['See the traffic: `./reeve trace DEVICE`.', 'Ask the maker of the device.'],
  },
  'unexpected-message': {
    title: 'Message out of place',
    meaning: 'It sent a handshake message where none of that kind may stand.',
    steps: ['Ask the maker of the device: its DTLS does not keep to RFC 6347.'],
  },
  timeout: {
    title: 'No answer in time',
    meaning: 'The handshake stopped half-way; the detail says what was awaited.',
    steps: [
      'Look for lost datagrams, and for a firewall or NAT that forgets UDP after seconds.',
      'Look at the log of the device: one that does not accept what the server says may just fall silent.',
    ],
  },
  'fragment-lost': {
    title: 'Fragment lost',
    meaning: 'Some datagrams of a message came and others never did, however often they were sent.',
    steps: [
      'Mostly large datagrams do not pass: make the DTLS of the device use smaller ones (its MTU, or max_fragment_length).',
      'Look for a firewall that drops IP fragments.',
    ],
  },
  mtu: {
    title: 'Large datagrams do not arrive',
    meaning:
      'It got our small datagrams, but asked again and again for those that are larger: the path has a smaller MTU.',
    steps: [
      'Let the device ask for smaller ones (max_fragment_length, record_size_limit).',
      'Look for a tunnel or modem with an MTU below 1280 on the way.',
    ],
  },
  alert: {
    title: 'Broken off by the device',
    meaning: 'The device ended the handshake with an alert; its name says why.',
    steps: ['Look at what the alert means, and at the log of the device.'],
  },
  'bad-cookie-flood': {
    title: 'Forged addresses',
    meaning: 'Very many first messages came with made-up return addresses; they cost no memory.',
    steps: ['Somebody floods the port: filter it near its source.'],
  },
  limit: {
    title: 'Limit reached',
    meaning: 'A limit of the server was reached; the detail names it.',
    steps: [
      'See docs/operations.md, "Limits".',
      'One device again and again: it sends too much, or somebody uses its key.',
    ],
  },
  'endpoint-mismatch': {
    title: 'Another endpoint name',
    meaning: 'It registers under another name than the one that its credential belongs to.',
    steps: ['Correct the endpoint name on the device.', 'Or add a device of that name: `./reeve device add ENDPOINT`.'],
  },
  'unknown-endpoint': {
    title: 'Unknown endpoint name',
    meaning: 'It came without DTLS, and no device has its endpoint name.',
    steps: ['Add it: `./reeve device add ENDPOINT --nosec`.'],
  },
  'nosec-not-allowed': {
    title: 'DTLS needed',
    meaning: 'It came without DTLS; the server runs without `--nosec`, or the device has a credential.',
    steps: ['Let the device use its key: `./reeve device key DEVICE` makes a new one.'],
  },
  'identity-change': {
    title: 'Another identity',
    meaning: 'It speaks for a registration that another identity made.',
    steps: [
      'After its credential was replaced: nothing, it registers again by itself.',
      'Else look for a copied key or a cloned device.',
    ],
  },
  'stale-registration': {
    title: 'Registration over',
    meaning: 'It updates a registration that is over, or sends values without one.',
    steps: ['Nothing: it registers again by itself.'],
  },
  unasked: {
    title: 'Nothing was asked',
    meaning: 'It answers or notifies, and has registered nothing here: nobody asked it for anything.',
    steps: [
      'After a restart of the server, from the address of a device without DTLS: nothing, its next Update makes it known again.',
      'Else somebody tries to speak as a device, in vain.',
    ],
  },
  version: {
    title: 'Version of LwM2M',
    meaning: 'It speaks a version of LwM2M that the server does not.',
    steps: ['See docs/protocol-coverage.md.'],
  },
  'block-wise': {
    title: 'Message in blocks',
    meaning: 'A message came in blocks that do not fit together: one is missing, or not as long as it says.',
    steps: ['It may be a lost beginning after a restart: the device begins anew. If it stays, look at the trace.'],
  },
  'bad-frame': {
    title: 'Frame refused',
    meaning: 'A frame that a network delivered is not genuine, too old, or not of the layout that its device has.',
    steps: [
      'Compare what the device was given with `./reeve frame show DEVICE` and `./reeve frame layouts`.',
      'A device that lost its key or its count gets a new key: `./reeve frame set DEVICE --link LINK --layout LAYOUT --key-file FILE`.',
      'If both are right, somebody else sends as the device.',
    ],
  },
  replayed: {
    title: 'Replayed message',
    meaning: 'A message protected by OSCORE has a number that was used before: it was recorded and sent again.',
    steps: [
      'Once in a while, from the address of its device: nothing, the network delivered it twice.',
      'A device that lost its count has to derive new keys (RFC 8613 Appendix B.2), or gets a new secret: `./reeve credential rotate DEVICE ID`.',
      'Else somebody records and repeats what the device says, in vain.',
    ],
  },
};
