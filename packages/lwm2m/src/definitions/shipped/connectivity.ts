/** Bearers and networks: cellular, APN, WLAN, bearer selection, 5G, radio capabilities, CoAP parameters. */
export const connectivity = `
/10 LWM2M Cellular Connectivity
1.0
0 RW string SMSC address
1 RW integer Disable radio period; 0..65535
2 RW string Module activation code
3 R objlnk Vendor specific extensions
4 RW integer PSM Timer (1); in s
5 RW integer Active Timer (1); in s
6 R integer Serving PLMN Rate control
7 RW opaque eDRX parameters for Iu mode (1)
8 RW opaque eDRX parameters for WB-S1 mode (1)
9 RW opaque eDRX parameters for NB-S1 mode (1)
10 RW opaque eDRX parameters for A/Gb mode (1)
11 R*! objlnk Activated Profile Names
1.1
6 removed
4 RW integer PSM Timer; in s
5 RW integer Active Timer; in s
7 RW opaque eDRX parameters for Iu mode; 0..255
8 RW opaque eDRX parameters for WB-S1 mode; 0..255
9 RW opaque eDRX parameters for NB-S1 mode; 0..255
10 RW opaque eDRX parameters for A/Gb mode; 0..255
12 R unsigned Supported Power Saving Modes; 0..255
13 RW unsigned Active Power Saving Modes; 0..255
14 RW unsigned Release Assistance Indication Usage; 0..255

/11 LWM2M APN Connection Profile; multiple
1.0
0 RW! string Profile name
1 RW string APN
2 RW boolean Auto select APN by device
3 RW boolean Enable status
4 RW! integer Authentication Type; 0 PAP, 1 CHAP, 2 PAP or CHAP, 3 none
5 RW string User Name
6 RW string Secret
7 RW string Reconnect Schedule
8 RW* string Validity (MCC, MNC)
9 R* time Connection establishment time (1)
10 R* integer Connection establishment result (1)
11 R* integer Connection establishment reject cause (1); 0..111
12 R* time Connection end time (1)
13 R integer TotalBytesSent
14 R integer TotalBytesReceived
15 RW* string IP address (2)
16 RW* string Prefix length(2)
17 RW* string Subnet mask (2)
18 RW* string Gateway (2)
19 RW* string Primary DNS address (2)
20 RW* string Secondary DNS address (2)
21 R integer QCI (3); 1..9
22 R objlnk Vendor specific extensions
23 R integer TotalPacketsSent
24 RW integer PDN Type; 0 non-IP, 1 IPv4, 2 IPv6, 3 IPv4v6
25 R integer APN Rate Control
1.1
26 RW unsigned Serving PLMN Rate control
27 RW unsigned Uplink Time Unit; 0..4; 0 unrestricted, 1 minute, 2 hour, 3 day, 4 week
28 R integer APN Rate Control for Exception Data
29 RW unsigned APN Exception Data Uplink Time Unit; 0..4; 0 unrestricted, 1 minute, 2 hour, 3 day, 4 week
30 RW* unsigned Supported RAT Types
31 RW* string RDS Application ID
32 RW* integer RDS Destination Port; 0..15
33 RW* integer RDS Source Port; 0..15

/12 WLAN connectivity; multiple
1.0
0 RW! string Interface name
1 RW! boolean Enable
2 RW integer Radio Enabled
3 R! integer Status
4 R! string BSSID
5 RW! string SSID; 1..32
6 RW boolean Broadcast SSID
7 RW boolean Beacon Enabled
8 RW! integer Mode
9 RW! integer Channel; 0..255
10 RW boolean Auto Channel
11 RW* integer Supported Channels
12 RW* integer Channels In Use
13 RW string Regulatory Domain
14 RW! integer Standard
15 RW! integer Authentication Mode
16 RW integer Encryption Mode
17 W string WPA Pre Shared Key
18 W string WPA Key Phrase; 1..64
19 RW integer WEP Encryption Type
20 RW integer WEP Key Index
21 W string WEP Key Phrase; 1..64
22 W string WEP Key 1
23 W string WEP Key 2
24 W string WEP Key 3
25 W string WEP Key 4
26 RW string RADIUS Server; 1..256
27 RW integer RADIUS Server Port
28 W string RADIUS Secret; 1..256
29 R boolean WMM Supported
30 RW boolean WMM Enabled
31 RW boolean MAC Control Enabled
32 RW* string MAC Address List
33 R integer Total Bytes Sent
34 R integer Total Bytes Received
35 R integer Total Packets Sent
36 R integer Total Packets Received
37 R integer Transmit Errors
38 R integer Receive Errors
39 R integer Unicast Packets Sent
40 R integer Unicast Packets Received
41 R integer Multicast Packets Received
42 R integer Multicast Packets Received
43 R integer Broadcast Packets Sent
44 R integer 44 Broadcast Packets Received
45 R integer Discard Packets Sent
46 R integer Discard Packets Received
47 R integer Unknown Packets Received
48 R objlnk Vendor specific extensions
1.1
20 RW integer WEP Key Index; 1..4
22 W string WEP Key 1; 10..26
23 W string WEP Key 2; 10..26
24 W string WEP Key 3; 10..26
25 W string WEP Key 4; 10..26
41 R integer Multicast Packets Sent
44 R integer Broadcast Packets Received

/13 LWM2M Bearer Selection
1.0
0 RW* integer Preferred Communications Bearer; 0 automatic, 1 3GPP PS, 2 GSM, 3 UMTS, 4 LTE, 5 1xEV-DO, 6 3GPP CS, 7 WLAN, 8 Ethernet, 9 DSL, 10 Bluetooth, 11 WiMAX
1 RW integer Acceptable RSSI (GSM)
2 RW integer Acceptable RSCP (UMTS)
3 RW integer Acceptable RSRP (LTE)
4 RW integer Acceptable RSSI (1xEV-DO)
5 RW string Cell lock list
6 RW string Operator list
7 RW boolean Operator list mode
8 R string List of available PLMNs
9 R objlnk Vendor specific extensions
10 RW integer Acceptable RSRP (NB-IoT)
11 RW integer Higher Priority PLMN Search Timer
12 RW boolean Attach without PDN connection
1.1
0 RW* integer Preferred Communications Bearer; 0..100; 0 automatic, 1 3GPP PS, 2 GSM, 3 UMTS, 4 LTE, 5 1xEV-DO, 6 3GPP CS, 7 WLAN, 8 Ethernet, 9 DSL, 10 Bluetooth, 11 WiMAX
1 RW integer Acceptable RSSI (GSM); -110..-48
2 RW integer Acceptable RSCP (UMTS); -120..-25
3 RW integer Acceptable RSRP (LTE); -140..-44
10 RW integer Acceptable RSRP (NB-IoT); -158..-44

/27 5GNR Connectivity; multiple
1.0
0 R! integer Connectivity Option
1 R* integer NR Band Support available
2 R* integer NR Band attached
3 R* integer S-NSSAI
4 R string DNN Name
5 R integer PDU Session Id; 1..15
6 R integer SSC Mode; 1..3
7 R integer PDU Session Type
8 R integer 5QI
9 R integer SDAP Enablement
10 R integer QFI; 1..63
11 R integer Session AMBR; 1..25
12 R integer APN-AMBR; in dB
13 R boolean NAS Reflective QOS
14 R boolean Access Stratum Reflective QoS
15 R integer P-CSCF Address Index
16 R integer PDU session Authentication
17 R string PLMN ID
18 R boolean LADN Support
19 R integer Integrity Protection on DRB
20 R boolean Access type Preference

/28 Device RF Capabilities
1.0
0 R integer Supported LTE Band Information
1 R integer Supported EGPRS Band Information
2 R integer Supported TD-SCDMA Band Information
3 R integer Supported WCDMA Band Information
4 R integer Supported CDMA-2000 Band Information
5 R integer Supported WiMAX Band Information
6 R integer Supported NB-IoT Band Information
7 R integer Supported 5G Band Information

/500 CoAP Config; multiple
1.0
0 RW! integer Network Bearer; 0..255
1 RW! integer ACK_TIMEOUT; in s
2 RW! float ACK_RANDOM_FACTOR
3 RW! integer MAX_RETRANSMIT
4 RW! integer NSTART
5 RW integer DEFAULT_LEISURE; in s
6 RW integer PROBING_RATE; in B/s
7 RW integer DTLS Retransmission Timer; in s
8 RW integer Max Response Waiting Time
9 E Apply
`;
