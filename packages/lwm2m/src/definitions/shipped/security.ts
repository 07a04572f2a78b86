/** Security beyond object 0, brokers and gateways: OSCORE, COSE, MQTT, gateway and its routing, EDHOC. */
export const security = `
/21 LWM2M OSCORE; multiple
1.0
0 -! string OSCORE Master Secret
1 -! string OSCORE Sender ID
2 -! string OSCORE Recipient ID
3 - integer OSCORE AEAD Algorithm
4 - integer OSCORE HMAC Algorithm
5 - string OSCORE Master Salt
1.1
6 - string OSCORE ID Context
2.0
0 -! opaque OSCORE Master Secret
1 -! opaque OSCORE Sender ID
2 -! opaque OSCORE Recipient ID
5 - opaque OSCORE Master Salt
6 - opaque OSCORE ID Context

/23 LwM2M COSE; multiple
1.0
0 -! string KID
1 -! integer AEAD Algorithm
2 -! string Key

/24 MQTT Server; multiple
1.0
0 RW boolean Will Retain
1 RW string Will Topic
2 RW string Will Message
3 RW boolean Clean Session
4 RW unsigned Will QoS; 0..3
5 RW unsigned Keep Alive; 0..65535
6 RW! string Client Identifier
7 RW string User Name
8 RW opaque Password

/25 LwM2M Gateway; multiple
1.0
0 R! string Device ID
1 RW! string Prefix
2 R objlnk Routing Table Entry
2.0
2 removed
1 R! string Prefix
3 R! corelnk IoT Device Objects

/26 LwM2M Gateway Routing; multiple
1.0
0 R! unsigned LwM2M Object ID
1 R! corelnk Mapping Info

/29 EDHOC; multiple
1.0
0 -! opaque Peer Public Key Identifier
1 -! opaque Peer Public Key
2 - integer Client Key Identifier
3 - opaque Client Public Key
4 - opaque Private Key
5 -! integer Method
6 - boolean Initiator
7 - integer Selected Cipher Suite
8 - string Peer EDHOC CoAP URI Path
9 - boolean EDHOC + OSCORE Combined Request Support
`;
