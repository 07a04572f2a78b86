/**
 * Objects 0 … 8, which every LwM2M server knows (OMA Core Appendix E). Voltages and currents of object 3 are in mV and mA
 * in every version, though only the first says so; resource 4 of object 5 was withdrawn before 1.0.
 */
export const core = `
/0 LWM2M Security; multiple, mandatory
1.0
0 -! string LWM2M Server URI; 0..255
1 -! boolean Bootstrap-Server
2 -! integer Security Mode; 0..4; 0 pre-shared key, 1 raw public key, 2 certificate, 3 no security, 4 certificate with EST
3 -! opaque Public Key or Identity
4 -! opaque Server Public Key
5 -! opaque Secret Key
6 - integer SMS Security Mode; 0..255; 1 DTLS, 2 secure packet structure, 3 no security
7 - opaque SMS Binding Key Parameters; 6..6
8 - opaque SMS Binding Secret Key(s); 16..48
9 - string LwM2M Server SMS Number
10 - integer Short Server ID; 1..65534
11 - integer Client Hold Off Time; in s
12 - integer Bootstrap-Server Account Timeout; in s
1.1
13 - unsigned Matching Type; 0..3; 0 exact, 1 SHA-256, 2 SHA-384, 3 SHA-512
14 - string SNI
15 - unsigned Certificate Usage; 0..3; 0 CA constraint, 1 service certificate constraint, 2 trust anchor assertion, 3 domain-issued certificate
16 -* unsigned DTLS/TLS Ciphersuite
17 - objlnk OSCORE Security Mode
1.2
18 -* unsigned Groups To Use by Client; 0..65535
19 -* unsigned Signature Algorithms Supported by Server; 0..65535
20 -* unsigned Signature Algorithms To Use by Client; 0..65535
21 -* unsigned Signature Algorithm Certs Supported by Server; 0..65535
22 - unsigned TLS 1.3 Features To Use by Client; 0..65535
23 - unsigned TLS Extensions Supported by Server; 0..65535
24 - unsigned TLS Extensions To Use by Client; 0..65535
25 -* string Secondary LwM2M Server URI; 0..255
26 - objlnk MQTT Server
27 -* objlnk LwM2M COSE Security
28 - integer RDS Destination Port; 0..15
29 - integer RDS Source Port; 0..15
30 - string RDS Application ID

/1 LwM2M Server; multiple, mandatory
1.0
0 R! integer Short Server ID; 1..65534
1 RW! integer Lifetime; in s
2 RW integer Default Minimum Period; in s
3 RW integer Default Maximum Period; in s
4 E Disable
5 RW integer Disable Timeout; in s
6 RW! boolean Notification Storing When Disabled or Offline
7 RW! string Binding
8 E! Registration Update Trigger
1.1
9 E Bootstrap-Request Trigger
10 RW objlnk APN Link
11 R unsigned TLS-DTLS Alert Code; 0..255
12 R time Last Bootstrapped
13 - unsigned Registration Priority Order
14 - unsigned Initial Registration Delay Timer; in s
15 - boolean Registration Failure Block
16 - boolean Bootstrap on Registration Failure
17 - unsigned Communication Retry Count
18 - unsigned Communication Retry Timer; in s
19 - unsigned Communication Sequence Delay Timer; in s
20 - unsigned Communication Sequence Retry Count
21 RW boolean Trigger
22 RW string Preferred Transport
23 RW boolean Mute Send
1.2
13 R unsigned Registration Priority Order
14 RW unsigned Initial Registration Delay Timer; in s
15 R boolean Registration Failure Block
16 R boolean Bootstrap on Registration Failure
17 RW unsigned Communication Retry Count
18 RW unsigned Communication Retry Timer; in s
19 RW unsigned Communication Sequence Delay Timer; in s
20 RW unsigned Communication Sequence Retry Count
24 RW* objlnk Alternate APN Links
25 RW* string Supported Server Versions
26 RW integer Default Notification Mode; 0..1; 0 non-confirmable, 1 confirmable
27 RW unsigned Profile ID Hash Algorithm; 0..255

/2 LwM2M Access Control; multiple
1.0
0 R! integer Object ID; 1..65534
1 R! integer Object Instance ID; 0..65535
2 RW* integer ACL; 0..65535
3 RW! integer Access Control Owner; 0..65535
1.1
2 RW* integer ACL; 0..31

/3 Device; mandatory
1.0
0 R string Manufacturer
1 R string Model Number
2 R string Serial Number
3 R string Firmware Version
4 E! Reboot
5 E Factory Reset
6 R* integer Available Power Sources; 0..7; 0 DC, 1 internal battery, 2 external battery, 3 fuel cell, 4 power over Ethernet, 5 USB, 6 AC, 7 solar
7 R* integer Power Source Voltage; in mV
8 R* integer Power Source Current; in mA
9 R integer Battery Level; 0..100; in %
10 R integer Memory Free; in kB
11 R*! integer Error Code; 0..8; 0 no error, 1 low battery power, 2 external power supply off, 3 GPS module failure, 4 low received signal strength, 5 out of memory, 6 SMS failure, 7 IP connectivity failure, 8 peripheral malfunction
12 E Reset Error Code
13 RW time Current Time
14 RW string UTC Offset
15 RW string Timezone
16 R! string Supported Binding and Modes
17 R string Device Type
18 R string Hardware Version
19 R string Software Version
20 R integer Battery Status; 0..6; 0 normal, 1 charging, 2 charge complete, 3 damaged, 4 low battery, 5 not installed, 6 unknown
21 R integer Memory Total; in kB
22 R* objlnk ExtDevInfo
1.1
1.2
9 R integer Battery Level; 0..100; in /100
11 R*! integer Error Code; 0..32; 0 no error, 1 low battery power, 2 external power supply off, 3 GPS module failure, 4 low received signal strength, 5 out of memory, 6 SMS failure, 7 IP connectivity failure, 8 peripheral malfunction
1.3

/4 Connectivity Monitoring
1.0
0 R! integer Network Bearer; 0..50; 0 GSM, 1 TD-SCDMA, 2 WCDMA, 3 CDMA2000, 4 WiMAX, 5 LTE-TDD, 6 LTE-FDD, 7 NB-IoT, 8 NR-TDD, 9 NR-FDD, 21 WLAN, 22 Bluetooth, 23 IEEE 802.15.4, 41 Ethernet, 42 DSL, 43 PLC
1 R*! integer Available Network Bearer; 0..50; 0 GSM, 1 TD-SCDMA, 2 WCDMA, 3 CDMA2000, 4 WiMAX, 5 LTE-TDD, 6 LTE-FDD, 7 NB-IoT, 8 NR-TDD, 9 NR-FDD, 21 WLAN, 22 Bluetooth, 23 IEEE 802.15.4, 41 Ethernet, 42 DSL, 43 PLC
2 R! integer Radio Signal Strength; in dBm
3 R integer Link Quality
4 R*! string IP Addresses
5 R* string Router IP Addresses
6 R integer Link Utilization; 0..100; in %
7 R* string APN
8 R integer Cell ID
9 R integer SMNC; 0..999
10 R integer SMCC; 0..999
1.1
11 R integer SignalSNR; in dB
1.2
12 R integer LAC
1.3
6 R integer Link Utilization; 0..100; in /100
13 R integer Coverage Enhancement Level; 0..4; 0 none, 1 level 0, 2 level 1, 3 level 2, 4 level 3

/5 Firmware Update
1.0
0 W! opaque Package
1 RW! string Package URI; 0..255
2 E! Update
3 R! integer State; 0..3; 0 idle, 1 downloading, 2 downloaded, 3 updating
5 R! integer Update Result; 0..9; 0 none yet, 1 updated, 2 not enough flash memory, 3 out of RAM, 4 connection lost, 5 integrity check failed, 6 unsupported package type, 7 invalid URI, 8 update failed, 9 unsupported protocol
6 R string PkgName; 0..255
7 R string PkgVersion; 0..255
8 R* integer Firmware Update Protocol Support; 0..5; 0 CoAP, 1 CoAPS, 2 HTTP 1.1, 3 HTTPS 1.1, 4 CoAP over TCP, 5 CoAP over TLS
9 R! integer Firmware Update Delivery Method; 0..2; 0 pull, 1 push, 2 both
1.1
5 R! integer Update Result; 0..11; 0 none yet, 1 updated, 2 not enough flash memory, 3 out of RAM, 4 connection lost, 5 integrity check failed, 6 unsupported package type, 7 invalid URI, 8 update failed, 9 unsupported protocol, 10 cancelled, 11 deferred
10 E Cancel
11 RW integer Severity; 0..2; 0 critical, 1 mandatory, 2 optional
12 R time Last State Change Time
13 RW unsigned Maximum Defer Period; in s
1.2
14 RW boolean Automatic Upgrade at Download

/6 Location
1.0
0 R! float Latitude; in lat
1 R! float Longitude; in lon
2 R float Altitude; in m
3 R float Radius; in m
4 R opaque Velocity
5 R! time Timestamp
6 R float Speed; in m/s

/7 Connectivity Statistics
1.0
0 R integer SMS Tx Counter
1 R integer SMS Rx Counter
2 R integer Tx Data; in kB
3 R integer Rx Data; in kB
4 R integer Max Message Size; in B
5 R integer Average Message Size; in B
6 E! Start
7 E! Stop
8 RW integer Collection Period; in s

/8 Lock and Wipe
1.0
0 RW! integer State; 0..2; 0 unlocked, 1 partially locked, 2 fully locked
1 W*! string Lock target
2 R* string Wipe item
3 E! Wipe
4 W*! string Wipe target
5 R! integer Lock or Wipe Operation Result; 0..8; 0 none yet, 1 partial lock successful, 2 full lock successful, 3 unlock successful, 4 wipe successful, 5 partial lock failed, 6 full lock failed, 7 unlock failed, 8 wipe failed
`;
