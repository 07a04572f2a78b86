import { memo } from 'react';
import { useLocation } from 'wouter';
import { toneColor } from '../../theme.ts';
import { type Condition, conditionWords } from '../../words.ts';

interface DeviceDotProps {
  deviceId: string;
  endpoint: string;
  condition: Condition;
  x: number;
  y: number;
  /** Radius in the units of the drawing. */
  radius: number;
  onPoint: (deviceId: string | undefined) => void;
}

/** One device on the map; a link to its page. */
export const DeviceDot = memo(function DeviceDot({
  deviceId,
  endpoint,
  condition,
  x,
  y,
  radius,
  onPoint,
}: DeviceDotProps) {
  const [, navigate] = useLocation();
  const path = `/devices/${deviceId}`;
  return (
    <a
      href={path}
      className="dot"
      style={{ transform: `translate(${x}px, ${y}px)` }}
      aria-label={`${endpoint}: ${conditionWords[condition].label}`}
      data-testid={`dot-${endpoint}`}
      data-condition={condition}
      onClick={(event) => {
        event.preventDefault();
        navigate(path);
      }}
      onPointerEnter={() => onPoint(deviceId)}
      onPointerLeave={() => onPoint(undefined)}
      onFocus={() => onPoint(deviceId)}
      onBlur={() => onPoint(undefined)}
    >
      <circle r={radius} fill={conditionColor(condition)} />
      {condition === 'locked' && <circle r={radius * 0.4} fill="var(--mantine-color-white)" />}
    </a>
  );
});

/** Colours of the map: locked and breached share their tone, so that a lock is a shade darker and has a hole. */
export function conditionColor(condition: Condition): string {
  if (condition === 'locked') return 'var(--mantine-color-grape-7)';
  if (condition === 'cannot-evaluate') return 'var(--mantine-color-orange-5)';
  return `var(--mantine-color-${toneColor[conditionWords[condition].tone]}-6)`;
}
