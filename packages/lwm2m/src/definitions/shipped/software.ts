/** Software, components, logs, application data and composites of the OMA: objects 9 … 22 and 511. */
export const software = `
/9 LWM2M Software Management; multiple
1.0
0 R! string PkgName; 0..255
1 R! string PkgVersion; 0..255
2 W opaque Package
3 W string Package URI; 0..255
4 E! Install
5 R objlnk Checkpoint
6 E! Uninstall
7 R! integer Update State; 0..4; 0 initial, 1 download started, 2 downloaded, 3 delivered, 4 installed
8 RW boolean Update Supported Objects
9 R! integer Update Result; 0..200
10 E! Activate
11 E! Deactivate
12 R! boolean Activation State
13 RW objlnk Package Settings
14 W string User Name; 0..255
15 W string Password; 0..255
16 R string Status Reason
17 R* objlnk Software Component Link
18 R integer Software Component tree length; 0..255
1.1
19 E! Start
20 E! Stop
21 R! unsigned Operational State; 0..15; 0 initializing, 1 running, 2 shutting down, 3 stopped, 4 failed, 5 defunct
22 E Purge

/14 LWM2M Software Component; multiple
1.0
0 R string Component Identity; 0..255
1 R opaque Component Pack
2 R string Component Version; 0..255
3 E Activate
4 E Deactivate
5 R boolean Activation State

/15 DevCapMgmt; multiple
1.0
0 R! string Property
1 R! integer Group; 0..15
2 R string Description
3 R boolean Attached
4 R! boolean Enabled
5 E! opEnable
6 E*! opDisable
7 RW boolean NotifyEn
2.0
6 E! opDisable

/16 Portfolio; multiple
1.0
0 RW*! string Identity
1 E GetAuthData
2 R* opaque AuthData
3 R integer AuthStatus; 0..2

/19 BinaryAppDataContainer; multiple
1.0
0 RW*! opaque Data
1 RW integer Data Priority; 0 immediate, 1 best effort, 2 latest
2 RW time Data Creation Time
3 RW string Data Description
4 RW string Data Format
5 RW integer App ID

/20 Event Log; multiple
1.0
4010 RW integer LogClass; 0 generic, 1 system, 2 security, 3 event, 4 trace, 5 panic, 6 charging
4011 E LogStart
4012 E LogStop
4013 R integer LogStatus
4014 R! opaque LogData
4015 RW integer LogDataFormat
2.0
2.1
4016 - opaque LogDataIncremental
4017 RW unsigned LogDataIncrementalMinimumSendInterval
3.2
4018 RW integer Source Type; 0..255; 0 unknown, 1 host, 2 platform, 3 edge agent, 4 LwM2M client, 5 application, 6 EMS, 7 network, 8 security, 9 operator
4019 RW string Source ID
4050 RW unsigned AppID
4051 RW string RemoteLogServer
4052 RW boolean RemoteLoggingEnabled
4053 RW integer LogLevel; 0..7; 0 emergency, 1 alert, 2 critical, 3 error, 4 warning, 5 notice, 6 informational, 7 debug

/22 Virtual Observe Notify; multiple
1.0
0 RW*! corelnk ObserveLinks
1 R! string Report
2 RW boolean ResourceFilter
3 RW* corelnk ReportLinks
4 RW integer ObserveRelation; 0 or, 1 and
1.1
5 RW integer Virtual Observe Report Format
6 R opaque Virtual Observe Report

/511 Compact Composite; multiple
1.0
0 RW! corelnk Target Links
1 R! opaque Compact Data
2 RW string Description
`;
