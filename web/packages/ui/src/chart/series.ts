export interface TimeSeries {
  name: string;
  /** Instants in ms since 1970; a null breaks the line. */
  points: [atMs: number, value: number | null][];
  tone: "occupied" | "available" | "reserved" | "warning";
  /** Series of one axis share its scale; at most two axes are readable. */
  axis?: "left" | "right";
  isFilled?: boolean;
  /** Holds a value until the next one, for quantities that jump. */
  isStepped?: boolean;
  format: (value: number) => string;
  /** For the axis, where round figures need no decimals; `format` if not given. */
  formatTick?: (value: number) => string;
}

export interface TimeChartProps {
  series: TimeSeries[];
  height?: number;
  /** What the chart shows, for those who cannot see it. */
  label: string;
  /** `withSeconds` where the chart covers so short a time that minutes would repeat. */
  formatTime: (atMs: number, withSeconds: boolean) => string;
}
