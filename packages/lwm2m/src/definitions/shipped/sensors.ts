/** Sensors, meters and switches of IPSO, and batteries. */
export const sensors = `
/3302 Presence; multiple
1.0
5500 R! boolean Digital Input State
5501 R integer Digital Input Counter
5505 E Digital Input Counter Reset
5751 R string Sensor Type
5903 RW integer Busy to Clear delay; in ms
5904 RW integer Clear to Busy delay; in ms
1.1
5750 RW string Application Type
5518 R time Timestamp
6050 R float Fractional Timestamp; 0..1; in s
6042 R integer Measurement Quality Indicator; 0..23; 0 unchecked, 1 invalid, 2 likely invalid, 3 suspicious, 4 accepted
6049 R integer Measurement Quality Level; 0..100

/3303 Temperature; multiple
1.0
5700 R! float Sensor Value
5601 R float Min Measured Value
5602 R float Max Measured Value
5603 R float Min Range Value
5604 R float Max Range Value
5701 R string Sensor Units
5605 E Reset Min and Max Measured Values
1.1
5750 RW string Application Type
5518 R time Timestamp
6050 R float Fractional Timestamp; 0..1; in s
6042 R integer Measurement Quality Indicator; 0..23; 0 unchecked, 1 invalid, 2 likely invalid, 3 suspicious, 4 accepted
6049 R integer Measurement Quality Level; 0..100

/3304 Humidity; multiple
1.0
5700 R! float Sensor Value
5601 R float Min Measured Value
5602 R float Max Measured Value
5603 R float Min Range Value
5604 R float Max Range Value
5701 R string Sensor Units
5605 E Reset Min and Max Measured Values
1.1
5750 RW string Application Type
5518 R time Timestamp
6050 R float Fractional Timestamp; 0..1; in s
6042 R integer Measurement Quality Indicator; 0..23; 0 unchecked, 1 invalid, 2 likely invalid, 3 suspicious, 4 accepted
6049 R integer Measurement Quality Level; 0..100

/3305 Power Measurement; multiple
1.0
5800 R! float Instantaneous active power; in W
5801 R float Min Measured active power; in W
5802 R float Max Measured active power; in W
5803 R float Min Range active power; in W
5804 R float Max Range active power; in W
5805 R float Cumulative active power; in Wh
5806 W float Active Power Calibration; in W
5810 R float Instantaneous reactive power; in var
5811 R float Min Measured reactive power; in var
5812 R float Max Measured reactive power; in var
5813 R float Min Range reactive power; in var
5814 R float Max Range reactive power; in var
5815 R float Cumulative reactive power; in varh
5816 W float Reactive Power Calibration; in var
5820 R float Power factor
5821 RW float Current Calibration
5822 E Reset Cumulative energy
5605 E Reset Min and Max Measured Values
1.1
5750 RW string Application Type
5518 R time Timestamp
6050 R float Fractional Timestamp; 0..1; in s
6042 R integer Measurement Quality Indicator; 0..23; 0 unchecked, 1 invalid, 2 likely invalid, 3 suspicious, 4 accepted
6049 R integer Measurement Quality Level; 0..100

/3331 Energy; multiple
1.0
5700 R! float Sensor Value
5701 R string Sensor Units
5822 E Reset Cumulative energy
5750 RW string Application Type
1.1
5518 R time Timestamp
6050 R float Fractional Timestamp; 0..1; in s
6042 R integer Measurement Quality Indicator; 0..23; 0 unchecked, 1 invalid, 2 likely invalid, 3 suspicious, 4 accepted
6049 R integer Measurement Quality Level; 0..100

/3342 On/Off switch; multiple
1.0
5500 R! boolean Digital Input State
5501 R integer Digital Input Counter
5852 RW integer On time; in s
5854 RW integer Off Time; in s
5750 RW string Application Type
1.1
5518 R time Timestamp
6050 R float Fractional Timestamp; 0..1; in s

/3347 Push button; multiple
1.0
5500 R! boolean Digital Input State
5501 R integer Digital Input Counter
5750 RW string Application Type
1.1
5518 R time Timestamp
6050 R float Fractional Timestamp; 0..1; in s

/3411 Battery; multiple
1.0
1 R! integer Battery level; in /100
2 R float Battery capacity; in Ah
3 R float Battery voltage; in V
4 RW string Type of battery
5 RW integer Low battery threshold; in /100
6 R boolean Battery level too low
7 RW boolean Battery shutdown
8 R integer Number of cycles
9 R boolean Supply loss
10 R integer Supply loss counter
11 E Supply loss counter reset
12 R string Supply loss reason
1.1
5518 R time Timestamp
6050 R float Fractional Timestamp; 0..1; in s
6042 R integer Measurement Quality Indicator; 0..23; 0 unchecked, 1 invalid, 2 likely invalid, 3 suspicious, 4 accepted
6049 R integer Measurement Quality Level; 0..100
`;
