import { Text } from "@mantine/core";
import styles from "./BarChart.module.css";

interface BarChartProps {
  label: string;
  bars: { name: string; value: number; text: string }[];
}

const LABELS_MAX = 12;

/** Bars beside each other from a common zero. Each says its name and figure to the pointer; to those who cannot see it, the table below does. */
export function BarChart({ label, bars }: BarChartProps) {
  const top = Math.max(...bars.map(({ value }) => value), 0) || 1;
  const every = Math.ceil(bars.length / LABELS_MAX);
  return (
    <div role="img" aria-label={label} className={styles.chart}>
      <Text size="xs" c="dimmed" className={styles.top}>
        {bars.find(({ value }) => value === top)?.text}
      </Text>
      <div className={styles.bars}>
        {bars.map(({ name, value, text }, index) => (
          <div key={index} className={styles.bar} title={`${name}: ${text}`}>
            <div style={{ height: `${Math.max(0, value / top) * 100}%` }} />
          </div>
        ))}
      </div>
      <div className={`${styles.names} ${bars.length > LABELS_MAX ? styles.many : ""}`}>
        {bars.map(({ name }, index) => (
          <span key={index}>{index % every === 0 && <span>{name}</span>}</span>
        ))}
      </div>
    </div>
  );
}
