/** SIM and eSIM provisioning. */
export const subscription = `
/504 Remote SIM Provisioning; multiple
1.0
0 R! integer Current SIM Type; 0..3; 0 UICC, 1 removable eUICC, 2 soldered eUICC, 3 iUICC
1 R*! integer Supported SIM Type; 0..3; 0 UICC, 1 removable eUICC, 2 soldered eUICC, 3 iUICC
2 R string Service Provider Name
3 RW string Download URI/Information; 0..255
4 E RSP Update
5 R integer RSP Update State; 0..10
6 R integer RSP Update Result; 0..16
7 R string Profile Name; 0..255
8 R string Profile Package Version; 0..255
9 R integer Free Memory on SIM; in KiB
10 R integer Total Memory on SIM; in KiB
11 R*! string Integrated Circuit Card Identifier (ICCID)
12 R string eUICC ID
13 R! integer RSP Type; 0 none, 1 M2M devices, 2 consumer devices
14 RW string Selected ICCID for RSP operation
15 R string RSP Consent Reason
16 W integer RSP User Consent; 0..1; 0 approved, 1 rejected
17 W string RSP Confirmation Code
18 RW integer RSP Data Type; 0..17
19 W opaque Set RSP Data
20 R opaque Get RSP Data

/505 LwM2M SIM Provisioning; multiple
1.0
0 R! integer Current SIM Type; 0..3; 0 UICC, 1 removable eUICC, 2 soldered eUICC, 3 iUICC
1 R*! integer Supported SIM Type; 0..3; 0 UICC, 1 removable eUICC, 2 soldered eUICC, 3 iUICC
2 R! string Service Provider Name
3 W opaque Profile Package
4 RW string Profile URI; 0..255
5 E Update Profile
6 R! integer Update State; 0..3; 0 idle, 1 downloading, 2 downloaded, 3 updating
7 R! integer Update Result; 0..8
8 R string Profile Name; 0..255
9 R string Profile Package Version; 0..255
10 R* integer Profile Update Protocol Support; 0..3
11 R! integer Profile Update Delivery Method; 0..2; 0 pull, 1 push, 2 both
12 R integer Free Memory on SIM; in KiB
13 R integer Total Memory on SIM; in KiB
14 R* integer Integrated Circuit Card Identifier (ICCID)
15 R string eUICC ID
16 R string Profile Type

/3443 eSIM IoT
1.0
0 R! integer State
1 R! string EID
2 W! opaque eIM message
3 R! opaque IPA message
4 E! Clear IPA message
`;
