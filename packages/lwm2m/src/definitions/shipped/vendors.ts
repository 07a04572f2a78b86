/** Objects of other bodies and vendors that are widely met. */
export const vendors = `
/3412 LPWAN Communication; multiple
1.0
1 R string Type of network
2 RW* string IPv4 address
3 RW* string IPv6 address
4 RW* string Network address
5 RW* string Secondary network address
6 RW! string MAC address
7 R* string Peer address
8 RW* string Multicast group address
9 RW* string Multicast group key
10 RW integer Data rate; in B/s
11 R float Transmit power; in dBm
12 RW float Frequency; in Hz
13 RW time Session time
14 R time Session duration; in s
15 RW boolean Mesh node
16 RW integer Maximum repeat time
17 R integer Number of repeats
18 R float Signal to noise ratio; in dB
19 R boolean Communication failure
20 R float Received Signal Strength Indication; in dBm
21 R string IMSI
22 R string IMEI
23 R string Current Communication Operator
24 R string Integrated Circuit Card Identifier

/3457 Program Manager; mandatory
1.0
0 RW! integer Max number of Program Schedulers
1 R! integer Current number of Program Schedulers
2 RW! integer Max number of Program Functions
3 R! integer Current number of Program Functions
4 RW! integer Max number of Calendars
5 R! integer Current number of Calendar
6 RW! integer Max number of Actuators
7 RW integer Max number of Input Sources
8 RW integer Max number of Dates in Calendar
9 RW! integer Max Flash Memory Allocated; in B
10 R integer Flash Memory Free; in B
11 R! integer Error Conditions
12 E Clear errors
13 R integer Supported Capabilities
14 RW integer Max Dynamic Memory Allocated; in B
15 R integer Dynamic Memory Free; in B
16 E Reset schedule objects

/10252 Manifest
1.0
1 W! opaque Manifest
2 R! integer State; 0..8; 0 uninitialised, 1 idle, 2 processing, 3 awaiting approval, 4 downloading, 5 downloaded, 6 awaiting application, 7 updating, 8 rebooting
3 R! integer Manifest Result; 0..19
4 R! opaque Payload Result
5 R! opaque Asset Hash
6 R! integer Manifest version
7 R! integer Asset Installation Progress
8 RW! string Campaign Id
9 E! Manual Trigger

/10255 Device Metadata
1.0
0 R! integer Protocol supported
1 R! opaque Bootloader hash
2 R! opaque OEM bootloader hash
3 R! string Vendor
4 R! string Class
5 R! string Device

/10259 System Log; multiple
1.0
0 R! string Name
1 R! string Read All
2 R string Read
3 RW boolean Enabled
4 RW integer Capture Level; 1 emergency, 2 alert, 3 critical, 4 error, 5 warning, 6 notice, 7 informational, 8 debug

/10263 Event Data Delivery; multiple
1.0
0 RW! string Name
1 RW*! objlnk Event Data Links
2 R*! opaque Latest Eventlog
3 RW! objlnk Schedule

/10275 Water Meter Tamper Alarm; multiple
1.0
6011 RW! integer Event Type
6012 RW! boolean Alarm Realtime
6013 R boolean Alarm State
6014 RW float Alarm Set Threshold
6015 RW integer Alarm Set Operator
6016 RW float Alarm Clear Threshold
6017 RW integer Alarm Clear Operator
6018 RW integer Alarm Maximum Event Count
6019 RW integer Alarm Maximum Event Period; 1..864000; in s
6020 RW time Latest Delivered Event Time
6021 R! time Latest Recorded Event Time
6022 E Alarm Clear
6023 RW boolean Alarm Auto Clear
6024 R! integer Event Code; 100..255
6025 R! opaque Latest Payload

/10308 AT&T Connectivity Extension; multiple
1.0
1 R! string ICCID
2 R! string IMSI
3 RW! string MSISDN
4 RW! integer APN Retries
5 RW! integer APN Retry Period; in s
6 RW! integer APN Retry Back-Off Period; in s
7 R! integer SINR
8 R! integer SRXLEV
9 R! string CE Mode
2.0
9 R! integer CE_LEVEL; 0..2

/10371 Reboot Status
1.0
0 R! integer Reboot State; 0..2
1 R! string Reboot Error Message
2 R integer Reset Factory State; 0..3
3 R string Reset Factory Error Message

/10379 Event Profile; multiple
1.0
0 RW*! integer Events to Capture
1 R*! opaque Events Captured
2 R* integer Active Events
3 RW* integer Events Configured as Alarm
4 R* opaque Alarms Captured
5 E Capture Event
6 E! Clear Events
7 E! Clear Alarms
8 RW* integer Maximum Event Count
9 RW* integer Maximum Event Period; in s

/10479 Cellular Network and Bearer Control; multiple
1.0
0 R! string PLMN Name
1 R! string MCC
2 R! string MNC
3 R! integer Network Bearer; 0..50; 0 GSM, 1 TD-SCDMA, 2 WCDMA, 3 CDMA2000, 4 WiMAX, 5 LTE-TDD, 6 LTE-FDD, 7 NB-IoT, 8 NR-TDD, 9 NR-FDD, 10 CAT-M
4 R! boolean Currently In Use
5 R! integer Radio Signal Strength; in dBm
6 R! integer Link Quality
7 R integer SignalSNR; in dB
8 R integer Coverage Enhancement Level; 0..99; 0 level 0, 1 level 1, 2 level 2, 3 level 3, 99 none
9 E Select Network
10 E Select Network And Bearer
11 R boolean Device Supports Manual Network Selection
12 R boolean Network Manually Selected
13 R boolean Device Supports Manual Bearer Selection
14 R boolean Bearer Manually Selected
15 E! Perform Network Scan
16 E Reset Network Selection
`;
